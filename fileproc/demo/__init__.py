"""The demo: three partners, an S3 and an SNS of its own, and the real service between them.

Nothing of the service is replaced: real processes, signed messages, a real journal. What stands in for AWS is moto in
its own process, behind a small gate that can refuse like S3 does when it is overloaded.
"""

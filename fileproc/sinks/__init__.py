"""Sinks: who is told of a report, and how; the file that names them, HTTP, and sinks of one's own.

What speaks to AWS is in `aws/`, what is said in `render/`; `services.sinks` puts them together.
"""

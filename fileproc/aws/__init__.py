"""AWS: the only door to boto3. SNS verification, S3 fetch, error classes."""

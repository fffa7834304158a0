"""fileproc: an always-on data-quality gate for files landing in S3."""

__version__ = "0.1.0"

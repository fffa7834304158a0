"""The chaos harness: the real service under random kills, stops, locks and a lying S3; then everything is counted."""

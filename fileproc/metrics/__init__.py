"""Metrics: the only door to prometheus_client. One registry in the front, one in the pool, none in workers."""

"""Accepted and rejected rows: a file that failed is written in two parts, in its own format, with a manifest."""

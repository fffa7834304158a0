"""Hostile files and contracts without end: no traceback, no crash, no hang, no memory beyond the limit."""

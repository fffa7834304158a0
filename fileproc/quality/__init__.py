"""Quality: what is promised about data and how it is measured. Knows no AWS, no SQL store, no processes.

contract (the model) ← odcs, lint, catalogue · plan (contract → checks) · reading (containers, dialects, lines) ·
engine (DuckDB) · causes (failing cells grouped by shape) · check (one file, start to report).
"""

"""Quality: what is promised about data and how it is measured. Knows no AWS, no SQL store, no processes.

`contracts` (the promise) · `reading` (bytes → rows with lines) · `checks` (plan, one scan, causes) · `check` (one file,
start to report).
"""

"""A sink of one's own for fileproc: reports as rows of somebody's tables."""

"""Stands for a package of another repository: the tables of a warehouse, as its team maps and migrates them."""

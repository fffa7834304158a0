"""Measurements behind the numbers in the docs. Ratios, interleaved, medians; `make bench` lists them."""

"""Checks: contract and columns → a plan, measured in one scan, and told as causes."""

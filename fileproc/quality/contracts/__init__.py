"""Contracts: what was promised.

ODCS YAML → model (`odcs*`), its lint (`lint*`), and which contract an address gets (`catalogue`).
"""

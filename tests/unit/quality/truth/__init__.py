"""Dirty files with a recorded truth: what is wrong with them, how often and where is known before they are checked."""

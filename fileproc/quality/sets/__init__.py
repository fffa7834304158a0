"""File sets: which files of a day should be there, and what is wrong with them. Pure: others list and count."""

"""A contract in words, as a partner would want it mailed; above the checks, whose own words it uses."""

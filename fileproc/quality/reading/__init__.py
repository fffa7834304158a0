"""Reading: bytes → rows with lines. Container, text, head and survey come first; each format then is a `Source`."""

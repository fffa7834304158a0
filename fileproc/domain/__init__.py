"""The nouns of the house. No I/O and no third-party import: everything here is a value or a table."""

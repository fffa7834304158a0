"""The sentences of the business: accept · verify · settle · housekeeping. Each reads top to bottom."""

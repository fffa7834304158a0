"""A contract's own examples, held against the contract itself: values beside a property, files beside the contract."""

"""Stand-ins for what lies outside: an SNS that signs."""

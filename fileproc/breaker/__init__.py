"""The circuit breaker: states (a pure table over state, event and now) and page (the same figures in shared memory)."""

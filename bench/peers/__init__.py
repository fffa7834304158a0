"""`fileproc check` beside its peers: the same contract, the same files, whole processes. `make bench ARGS=peers`."""

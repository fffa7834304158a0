"""The front: the one gevent process. HTTP in, journal written, answers out; it never starts a process."""

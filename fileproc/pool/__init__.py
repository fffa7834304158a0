"""The pool: plain CPython, no gevent, ever. Supervisor, slots, channel, worker; the only door to multiprocessing."""

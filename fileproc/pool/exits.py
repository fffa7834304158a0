"""Exit codes of the pool program, by name; supervisord and people read them."""

#: No worker ever became ready: a broken installation or contract folder. Restarting will not help.
NEVER_READY = 70

#: A result could not be written before the end; its job will run again.
COULD_NOT_RECORD = 71

#: Every place holds a worker that even SIGKILL does not end: the host is in trouble, and nothing can be checked here.
ALL_LOST = 73

#: The front that `serve` keeps could not be started, such as when its port is taken.
FRONT_FAILED = 72

"""The same check under other people's queues: files a second, and what is lost or done twice by a SIGKILL."""

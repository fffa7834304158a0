"""Imported by the fork server at its start, and by nobody else: from then on it dies when its pool does.

Each worker holds a copy of the descriptor by which a fork server notices that its pool is gone, so a worker that is
stuck in a C call would keep the server alive, and with it itself. The kernel's signal does not wait for anybody: pool
dies → fork server is killed → workers are killed.
"""

import os
import signal

from fileproc.pool.worker import die_with

die_with(os.getppid(), signal.SIGKILL)

"""A pool whose workers run `POOL_TARGET`: `python -m tests.system.pool_main`."""

import os
import sys

from fileproc import settings
from fileproc.errors import FileprocError
from fileproc.pool.program import run

if __name__ == "__main__":
    try:
        sys.exit(run(settings.load(dotenv=None), target=os.environ["POOL_TARGET"]))
    except FileprocError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)

"""A pool whose workers run `POOL_TARGET`, in a container whose memory is told in the folder `POOL_CONTAINER`."""

import os
import sys
from pathlib import Path

from fileproc import settings
from fileproc.errors import FileprocError
from fileproc.pool.memory import Container
from fileproc.pool.program import run

CONTAINER = Container(Path(os.environ["POOL_CONTAINER"])) if "POOL_CONTAINER" in os.environ else None

if __name__ == "__main__":
    try:
        sys.exit(run(settings.load(dotenv=None), target=os.environ["POOL_TARGET"], container=CONTAINER))
    except FileprocError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)

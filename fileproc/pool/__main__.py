"""`python -m fileproc.pool`: the worker pool, as supervisord runs it."""

import sys

from fileproc import settings
from fileproc.errors import FileprocError
from fileproc.pool.program import run


def main() -> int:
    """Errors before the start become one message and an exit code."""
    try:
        return run(settings.load())
    except FileprocError as error:
        sys.stderr.write(f"fileproc pool: {error}\n")
        return int(error.exit_code)


if __name__ == "__main__":
    sys.exit(main())

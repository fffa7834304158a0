"""`python -m fileproc.front`: the HTTP front. The next two lines are the only place where anything is patched."""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

from fileproc.front.program import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The front, the real program, with shorter patience: `QUICK_FRONT` holds {"module.CONSTANT": value} as JSON.

Tests must not wait ten seconds to see that a slow head is hung up on. Nothing but numbers is changed.
"""

from gevent import monkey

monkey.patch_all()

import importlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402

from fileproc.front.program import main  # noqa: E402

if __name__ == "__main__":
    for name, value in json.loads(os.environ.pop("QUICK_FRONT", "{}")).items():
        module, _, constant = name.rpartition(".")
        holder = importlib.import_module(f"fileproc.{module}")
        if type(getattr(holder, constant)) not in (int, float):
            raise SystemExit(f"{name} is no number to change")
        setattr(holder, constant, value)
    sys.exit(main(sys.argv[1:]))

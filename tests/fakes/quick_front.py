"""The front, the real program, with shorter patience: `QUICK_FRONT` holds {"module.CONSTANT": value} as JSON.

Tests must not wait ten seconds to see that a slow head is hung up on. Nothing but numbers is changed.
`QUICK_FRONT_HOSTS` holds {"host": port} as JSON: those names lead to that port of this machine, as a name server of our
own would have it.
"""

from gevent import monkey

monkey.patch_all()

import importlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402

from fileproc.front.program import main  # noqa: E402

HOSTS: dict[str, int] = json.loads(os.environ.pop("QUICK_FRONT_HOSTS", "{}"))
_resolver: Any = gevent.get_hub().resolver
_really = _resolver.getaddrinfo


def _looked_up(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
    name = host.decode() if isinstance(host, bytes) else host
    return _really("127.0.0.1", HOSTS[name], *args, **kwargs) if name in HOSTS else _really(host, port, *args, **kwargs)


_resolver.getaddrinfo = _looked_up

if __name__ == "__main__":
    for name, value in json.loads(os.environ.pop("QUICK_FRONT", "{}")).items():
        module, _, constant = name.rpartition(".")
        holder = importlib.import_module(f"fileproc.{module}")
        if type(getattr(holder, constant)) not in (int, float):
            raise SystemExit(f"{name} is no number to change")
        setattr(holder, constant, value)
    sys.exit(main(sys.argv[1:]))

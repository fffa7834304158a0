"""The front with the checks in threads of its own process, as a Lambda-like service would do it. Only for measuring."""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402
from pathlib import Path  # noqa: E402

import gevent  # noqa: E402
from gevent.threadpool import ThreadPool  # noqa: E402

from fileproc import settings  # noqa: E402
from fileproc.clock import SystemClock  # noqa: E402
from fileproc.domain.reports import FileInfo  # noqa: E402
from fileproc.front import program  # noqa: E402
from fileproc.quality.check import Limits, check_file  # noqa: E402
from fileproc.quality.contracts.catalogue import Catalogue  # noqa: E402

THREADS = 2


def _check_for_ever(threads: ThreadPool, path: Path) -> None:
    match = Catalogue.load(Path(settings.load().fileproc_contracts)).match("s3://acme-drop/orders/large.csv")
    clock = SystemClock()
    info = FileInfo(path=str(path))
    while True:
        threads.apply(lambda: check_file(path, match, file=info, report_id="1", limits=Limits(), clock=clock))


if __name__ == "__main__":
    pool = ThreadPool(THREADS)
    for _ in range(THREADS if len(sys.argv) > 1 else 0):
        gevent.spawn(_check_for_ever, pool, Path(sys.argv[1]))
    sys.exit(program.serve(settings.load()))

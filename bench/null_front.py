"""The front with a journal that writes nothing: what `POST /` costs without durability. Only for measuring."""

from gevent import monkey

monkey.patch_all()

import itertools  # noqa: E402
import sys  # noqa: E402
from typing import Any  # noqa: E402

from fileproc import settings  # noqa: E402
from fileproc.domain.jobs import JobState  # noqa: E402
from fileproc.domain.ports import Added, NewJob  # noqa: E402
from fileproc.front import program  # noqa: E402

_numbers = itertools.count(1)


def _add_nothing(_journal: Any, jobs: list[NewJob], **_limit: int) -> list[Added]:
    return [Added(next(_numbers), duplicate=False, state=JobState.AVAILABLE) for _ in jobs]


if __name__ == "__main__":
    program.bootstrap.open_journal(settings.load()).__class__.add = _add_nothing  # type: ignore[method-assign]
    sys.exit(program.serve(settings.load()))

"""Sinks of one's own: a class of an installed package that is handed every report.

    # my_package/sink.py
    class Warehouse:
        def __init__(self, options):            # what the sinks file says below `options:`
            self.sessions = sessionmaker(create_engine(options["database_url"]))

        def deliver(self, report, key):         # returns when it is kept; raises to be called again later
            with self.sessions.begin() as session:
                session.merge(FileCheck.of(report, key))

    # pyproject.toml
    [project.entry-points."fileproc.sinks"]
    warehouse = "my_package.sink:Warehouse"

It is called from one thread of the front, one report at a time, at least once for each: `key` is the same for every
try. `Refused` says that no later try will do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from fileproc.domain.deliveries import DeliveryError
from fileproc.errors import SettingsError
from fileproc.quality.suggest import did_you_mean

GROUP = "fileproc.sinks"

#: An error's own words are shown to operators, but not for ever.
LONGEST_REASON = 300


class Refused(Exception):
    """Raised by a sink for a report that it will never take."""


class Sink(Protocol):
    """What a package offers."""

    def deliver(self, report: Mapping[str, Any], key: str) -> None:
        """Keep the report, or raise."""
        ...


def make_plugin(name: str, options: Mapping[str, Any]) -> Sink:
    """The sink that an installed package offers under this name.

    Raises:
        SettingsError: there is none, or it cannot be made.
    """
    from importlib.metadata import entry_points  # slow to import, and most have no such sink

    offered = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in offered:
        hint = did_you_mean(name, offered) if offered else "is its package installed here?"
        raise SettingsError([f"FILEPROC_SINKS: no installed package offers {name[:60]!r} in {GROUP!r}; {hint}"])
    try:
        sink: Sink = offered[name].load()(dict(options))
    except Exception as error:
        # Somebody else's code, with somebody's secrets in its options: the kind of error is all that is told.
        raise SettingsError(
            [f"FILEPROC_SINKS: the sink {name[:60]!r} cannot be made: {type(error).__name__}"]
        ) from error
    return sink


def deliver(sink: Sink, report: Mapping[str, Any], key: str) -> None:
    """Hand it over.

    Raises:
        DeliveryError: it was not taken, whatever the sink raised.
    """
    try:
        sink.deliver(report, key)
    except Refused as error:
        raise DeliveryError(f"refused: {str(error)[:LONGEST_REASON]}", final=True) from error
    except Exception as error:
        raise DeliveryError(f"the sink raised {type(error).__name__}") from error

"""The event log: `Logger` writes what a run tells, `LogReader` reads it while it is written and ever after.

Knows neither the runner nor the viewer. Importing this package imports nothing else; each name is loaded on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyexp.log.answers import Changes, ScalarArrays
    from pyexp.log.discovery import find_runs
    from pyexp.log.event_file import read_bytes
    from pyexp.log.events import Entry, Part
    from pyexp.log.lifecycle import close_all, flush_all
    from pyexp.log.logger import Logger
    from pyexp.log.reader import LogReader
    from pyexp.log.repairing import repair
    from pyexp.log.series import Series, downsample

__all__ = [
    "Changes",
    "Entry",
    "LogReader",
    "Logger",
    "Part",
    "ScalarArrays",
    "Series",
    "close_all",
    "downsample",
    "find_runs",
    "flush_all",
    "read_bytes",
    "repair",
]

_HOMES = {
    "Changes": "answers",
    "Entry": "events",
    "LogReader": "reader",
    "Logger": "logger",
    "Part": "events",
    "ScalarArrays": "answers",
    "Series": "series",
    "close_all": "lifecycle",
    "downsample": "series",
    "find_runs": "discovery",
    "flush_all": "lifecycle",
    "read_bytes": "event_file",
    "repair": "repairing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

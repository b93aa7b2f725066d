"""The event log: `Logger` writes what a run tells, `LogReader` reads it while it is written and ever after.

Knows neither the runner nor the viewer. Importing this package imports nothing else; each name is loaded on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyexp.log.discovery import find_runs
    from pyexp.log.logger import Logger
    from pyexp.log.queue.exit_hooks import close_all, flush_all
    from pyexp.log.reader import LogReader
    from pyexp.log.repairing import repair
    from pyexp.log.values.events import Entry, Part
    from pyexp.log.values.parts import read_bytes
    from pyexp.log.values.scalar_arrays import Changes, ScalarArrays
    from pyexp.log.values.series import Series, downsample

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
    "Changes": "values.scalar_arrays",
    "Entry": "values.events",
    "LogReader": "reader",
    "Logger": "logger",
    "Part": "values.events",
    "ScalarArrays": "values.scalar_arrays",
    "Series": "values.series",
    "close_all": "queue.exit_hooks",
    "downsample": "values.series",
    "find_runs": "discovery",
    "flush_all": "queue.exit_hooks",
    "read_bytes": "values.parts",
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

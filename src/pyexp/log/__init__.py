"""The event log: `Logger` writes what a run reports, `LogReader` reads it while it is written and ever after.

Knows neither the runner nor the viewer. Importing this package imports nothing else; each name is loaded on first use.
Other rooms use these names only, and no module in here.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyexp.log.call.arrays import on_host as on_host
    from pyexp.log.call.arrays import to_array as to_array
    from pyexp.log.call.checks import check_tag as check_tag
    from pyexp.log.call.checks import to_float as to_float
    from pyexp.log.call.figures import figure_of as figure_of
    from pyexp.log.call.images import media_type_of as media_type_of
    from pyexp.log.call.objects import json_content as json_content
    from pyexp.log.discovery import find_runs
    from pyexp.log.discovery import is_run as is_run
    from pyexp.log.eventfile.messages import load_messages
    from pyexp.log.formats import open_sink as open_sink
    from pyexp.log.formats import remove_event_file as remove_event_file
    from pyexp.log.kinds import KINDS as KINDS
    from pyexp.log.kinds import capture as capture
    from pyexp.log.logger import Logger
    from pyexp.log.queue.exit_hooks import close_all, flush_all
    from pyexp.log.queue.sinks import Sink as Sink
    from pyexp.log.queue.writer import Writer as Writer
    from pyexp.log.reader import LogReader
    from pyexp.log.repairing import repair
    from pyexp.log.values.events import MAX_ITERATION as MAX_ITERATION
    from pyexp.log.values.events import MIN_ITERATION as MIN_ITERATION
    from pyexp.log.values.events import Content as Content
    from pyexp.log.values.events import Entry, Part
    from pyexp.log.values.events import Item as Item
    from pyexp.log.values.events import Points as Points
    from pyexp.log.values.file_layout import EVENTS_NAME as EVENTS_NAME
    from pyexp.log.values.file_layout import MARKER as MARKER
    from pyexp.log.values.file_layout import SCALARS_NAME as SCALARS_NAME
    from pyexp.log.values.parts import read_bytes
    from pyexp.log.values.scalar_arrays import Changes, ScalarArrays
    from pyexp.log.values.series import Axis as Axis
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
    "load_messages",
    "read_bytes",
    "repair",
]

_HOMES = {
    # For users: the names of `__all__`.
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
    "load_messages": "eventfile.messages",
    "read_bytes": "values.parts",
    "repair": "repairing",
    # For other rooms of this package, which read and write logs without a `Logger`.
    "Axis": "values.series",
    "Content": "values.events",
    "EVENTS_NAME": "values.file_layout",
    "MARKER": "values.file_layout",
    "SCALARS_NAME": "values.file_layout",
    "Item": "values.events",
    "KINDS": "kinds",
    "MAX_ITERATION": "values.events",
    "MIN_ITERATION": "values.events",
    "Points": "values.events",
    "Sink": "queue.sinks",
    "Writer": "queue.writer",
    "capture": "kinds",
    "check_tag": "call.checks",
    "figure_of": "call.figures",
    "is_run": "discovery",
    "json_content": "call.objects",
    "media_type_of": "call.images",
    "on_host": "call.arrays",
    "open_sink": "formats",
    "remove_event_file": "formats",
    "to_array": "call.arrays",
    "to_float": "call.checks",
}


if not TYPE_CHECKING:  # a type checker would take any name for one of ours

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""From when to when a log goes. Reads what a log lists and the ends of its series."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyexp.log import LogReader

# Enough, spread over all names, to find the end of a log whose tags are logged in groups. Each is read from the disk.
_TAGS: Final = 8


def time_span(reader: LogReader) -> tuple[float, float] | None:
    """Return when the logging began, and the time of the last point, unix seconds; None where there is none."""
    names = sorted(reader.scalar_tags)
    tags = names[:: ceil(len(names) / _TAGS) or 1]
    logged = [entry.time for entry in reader.entries()]
    ends = logged + [time for tag in tags for time in _last_time(reader, tag)]
    if not ends:
        return None
    begun = [*reader.attempts[:1]]
    if not begun or begun[0] > max(ends):  # converted from what another program logged before
        begun = logged + [time for tag in tags for time in reader.read_series(tag).times[:1]]
    return min(begun), max(ends)


def _last_time(reader: LogReader, tag: str) -> Iterable[float]:
    last = reader.read_series(tag, max(0, reader.point_count(tag) - 1))
    return (last if len(last) else reader.read_series(tag)).times[-1:]  # a later attempt may hide some

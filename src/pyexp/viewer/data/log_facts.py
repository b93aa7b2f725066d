"""What logs say of their runs besides tags and values: what is wrong with them, and when there is no other word, when.

Reads what a log lists and the ends of its series; knows no catalogue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pyexp.errors import LogError
from pyexp.viewer.protocol.errors import UnknownIdError
from pyexp.viewer.protocol.names import cut_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyexp.log import LogReader
    from pyexp.viewer.catalog.rows import RunEntry
    from pyexp.viewer.data.event_logs import RunLog

# Enough to find the end of a log whose tags are logged together, and little for one with thousands.
_TAGS: Final = 50


def log_facts(logs: Iterable[tuple[RunEntry, RunLog]]) -> dict[str, Any]:
    """What is to be said of these logs, as answers of the protocol carry it: nothing for most.

    ``damage`` counts the parts that were skipped, ``problems`` says why files are no log of ours, ``spans`` holds first
    and last time, unix seconds, where no status tells when the run began.
    """
    found: dict[str, dict[int, Any]] = {"damage": {}, "problems": {}, "spans": {}}
    for run, log in logs:
        try:
            # The ends first: damage is known of what was read.
            facts = {"spans": _span(run, log), "damage": log.damage(), "problems": log.problem()}
        except (UnknownIdError, LogError):
            continue
        for name, fact in facts.items():
            if fact:
                found[name][run.id] = cut_name(fact) if isinstance(fact, str) else fact
    return found


def _span(run: RunEntry, log: RunLog) -> tuple[float, float] | None:
    return log.span() if run.state.started is None else None


def time_span(reader: LogReader) -> tuple[float, float] | None:
    """When the logging began, and the time of the last point; None where there is none."""
    tags = sorted(reader.scalar_tags)[:_TAGS]
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

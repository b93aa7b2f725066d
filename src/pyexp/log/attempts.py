"""What a later attempt hides of the earlier ones: per tag, everything at or above the iteration where it starts.

Owns that one rule, for points and for entries. Pure: knows neither files nor formats.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from pyexp.log.events import Entry, Points

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def join_points(tag: str, pieces: Iterable[tuple[int, Points]]) -> Points:
    """Join pieces of one tag, each given with the number of its attempt, and leave out what is hidden."""
    joined = Points(tag, array("q"), array("d"), array("d"))
    current: int | None = None
    for attempt, piece in pieces:
        if current is not None and attempt != current and len(piece.iterations):
            joined = _below(joined, piece.iterations[0])
        if len(piece.iterations):
            current = attempt
        joined.iterations.extend(piece.iterations)
        joined.values.extend(piece.values)
        joined.times.extend(piece.times)
    return joined


def visible_entries(entries: Sequence[tuple[int, Entry]]) -> list[Entry]:
    """Return the entries that no later attempt hides, in their order."""
    if not entries or entries[0][0] == entries[-1][0]:
        return [entry for _, entry in entries]
    starts: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for attempt, entry in entries:
        begun = starts.setdefault((entry.kind, entry.tag), [])
        if not begun or begun[-1][0] != attempt:
            begun.append((attempt, entry.iteration))
    return [
        entry
        for attempt, entry in entries
        if not any(later > attempt and entry.iteration >= start for later, start in starts[entry.kind, entry.tag])
    ]


def _below(points: Points, limit: int) -> Points:
    kept = [position for position, iteration in enumerate(points.iterations) if iteration < limit]
    return Points(
        points.tag,
        array("q", [points.iterations[position] for position in kept]),
        array("d", [points.values[position] for position in kept]),
        array("d", [points.times[position] for position in kept]),
    )

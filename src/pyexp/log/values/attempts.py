"""What a later attempt hides of the earlier ones: per tag, everything at or above the iteration where it starts.

Owns that one rule, for points and for entries. Pure: knows neither files nor formats.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from pyexp.log.values.events import Entry, Points
from pyexp.log.values.series import Series

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def visible_points(tag: str, pieces: Iterable[tuple[int, Points]]) -> list[Points]:
    """Return the pieces of one tag, each given with the number of its attempt, without what later ones hide."""
    visible: list[Points] = []
    current: int | None = None
    for attempt, piece in pieces:
        if not len(piece.values):
            continue
        if current not in (None, attempt):
            visible = [_below(joined(tag, visible), piece.iterations[0])]
        current = attempt
        visible.append(piece)
    return visible


def joined(tag: str, pieces: Iterable[Points], start: int = 0) -> Series:
    """Join pieces to one series, whose first point is number *start* of the tag."""
    series = Series.empty(tag, start)
    for piece in pieces:
        series.iterations.extend(piece.iterations)
        series.values.extend(piece.values)
        series.times.extend(piece.times)
    return series


def after(pieces: Iterable[Points], skip: int) -> list[Points]:
    """Return the pieces without their first *skip* points."""
    left = []
    for piece in pieces:
        if skip < len(piece.values):
            left.append(
                Points(piece.tag, piece.iterations[skip:], piece.values[skip:], piece.times[skip:]) if skip else piece
            )
        skip = max(skip - len(piece.values), 0)
    return left


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


def _below(series: Series, limit: int) -> Points:
    kept = [position for position, iteration in enumerate(series.iterations) if iteration < limit]
    return Points(
        series.tag,
        array("q", [series.iterations[position] for position in kept]),
        array("d", [series.values[position] for position in kept]),
        array("d", [series.times[position] for position in kept]),
    )

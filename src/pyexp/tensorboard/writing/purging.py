"""`purge_step` in our log, which only ever grows: what an earlier attempt logged from that step on is hidden.

Owns how. A new attempt hides, per tag, earlier points at or above its first one. So it starts with a tag's last points
below the step, logged once more as they were: they replace themselves and hide what follows them. A tag with nothing
below the step has no such point; what it has is hidden when it is logged again, from there on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyexp.errors import LogError
from pyexp.log import Content, Item, LogReader, is_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pyexp.log import Entry, Writer

    Row = tuple[int, float, float]


@dataclass(frozen=True, slots=True)
class Survivors:
    """What a new attempt logs first."""

    rows: Sequence[tuple[str, Row]]
    items: Sequence[Item]

    def write(self, writer: Writer) -> None:
        """Log these rows and items."""
        for tag, row in self.rows:
            writer.rows[tag](row)
        for item in self.items:
            writer.put(item)


def find_survivors(folder: Path, purge_step: int) -> Survivors:
    """Return the last of each tag below the step, for the tags that have something from there on."""
    if not is_run(folder):
        return Survivors((), ())
    with LogReader(folder) as reader:
        rows = [(tag, row) for tag in reader.scalar_tags for row in _last_rows(reader, tag, purge_step)]
        by_tag: dict[tuple[str, str], list[Entry]] = {}
        for entry in reader.entries():
            by_tag.setdefault((entry.kind, entry.tag), []).append(entry)
        items = [item for entries in by_tag.values() for item in _last_items(reader, entries, purge_step)]
    return Survivors(rows, items)


def _last_rows(reader: LogReader, tag: str, purge_step: int) -> list[Row]:
    series = reader.read_series(tag)
    below = [it for it in series.iterations if it < purge_step]
    if not below or len(below) == len(series):
        return []
    last = max(below)
    return [row for row in zip(series.iterations, series.values, series.times, strict=True) if row[0] == last]


def _last_items(reader: LogReader, entries: list[Entry], purge_step: int) -> list[Item]:
    below = [entry for entry in entries if entry.iteration < purge_step]
    if len(below) == len(entries):
        return []
    for last in sorted({entry.iteration for entry in below}, reverse=True):
        if found := [item for entry in below if entry.iteration == last for item in _load(reader, entry)]:
            return found
    return []


def _load(reader: LogReader, entry: Entry) -> list[Item]:
    """Read an object; nothing when it is damaged, as it is lost either way."""
    try:
        contents = tuple(Content(part.media_type, reader.read_part(part)) for part in entry.parts)
    except LogError:
        return []
    return [
        Item(
            kind=entry.kind,
            tag=entry.tag,
            iteration=entry.iteration,
            time=entry.time,
            contents=contents,
            interactive=entry.interactive,
        )
    ]

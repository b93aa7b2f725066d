"""What a restarted program replaces: everything before its start, of all tags, at or above the step that it starts at.

Owns that one rule, which is TensorBoard's: writers say ``SessionLog.START`` when they are given a ``purge_step``.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from pyexp.tensorboard.reading.messages import MessageError
from pyexp.tensorboard.reading.record_file import search_records
from pyexp.tensorboard.reading.summaries import SESSION_KEY, parse_start

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_LIMIT_BYTES = 4096  # far more than the start of a session takes


class Restarts:
    """The starts of sessions in the files of one run, which are read in their order."""

    def __init__(self, files: Iterable[Path]) -> None:
        starts = [(number, offset, step) for number, path in enumerate(files) for offset, step in _starts(path)]
        self._places = [(number, offset) for number, offset, _ in starts]
        steps = (step for *_, step in reversed(starts))
        self._least_from = [*accumulate(steps, min)][::-1]

    def hide(self, number: int, offset: int, step: int) -> bool:
        """Return whether a later start replaces what the file *number* holds at *offset* for this step."""
        later = bisect_right(self._places, (number, offset))
        return later < len(self._places) and step >= self._least_from[later]


def _starts(path: Path) -> list[tuple[int, int]]:
    """Return where sessions start in a file, and at which steps."""
    found = []
    with open(path, "rb") as file:
        for record in search_records(file, SESSION_KEY, _LIMIT_BYTES):
            try:
                step = parse_start(record.data)
            except MessageError:
                continue  # reported when it is read for its values
            if step is not None:
                found.append((record.offset, step))
    return found

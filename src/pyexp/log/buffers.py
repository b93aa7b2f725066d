"""Where rows wait for the writer: one list per tag, filled by callers without a lock and emptied from the front.

Owns the hot path's data structure and the counting of tags that have no iteration. Knows neither threads nor files.
"""

from __future__ import annotations

import threading
from array import array
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, TypeAlias

from pyexp.log.events import Points

if TYPE_CHECKING:
    from collections.abc import Callable

Row: TypeAlias = "tuple[int | None, float, float]"
Append: TypeAlias = "Callable[[Row], None]"

_COLUMNS = 3


class Rows(dict[str, "Append"]):
    """The hot path: for each tag the bound ``extend`` of its buffer.

    The writer empties this mapping whenever a call must not simply append: while it writes (the disk may stall), after
    a failure, after the end. The next call for each tag then passes through the writer's `admit`.
    """

    __slots__ = ("_admit",)

    def __init__(self, admit: Callable[[str], Append]) -> None:
        super().__init__()
        self._admit = admit

    def __missing__(self, tag: str) -> Append:
        return self._admit(tag)


class Counter:
    """Numbers the events of each kind and tag 0, 1, 2, …."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}

    def number(self, kind: str, tag: str) -> int:
        """Return the next number of this kind and tag."""
        number = self._counts.get((kind, tag), 0)
        self._counts[kind, tag] = number + 1
        return number


class Buffers:
    """The rows that wait, by tag.

    No lock is needed: appending a row and cutting off the first *k* values are each one atomic list operation. Only an
    interpreter without the global lock gets one.
    """

    def __init__(self, counter: Counter, *, needs_lock: bool) -> None:
        self._counter = counter
        self._lists: dict[str, list[float | int | None]] = {}
        self._needs_lock = needs_lock
        self._lock: AbstractContextManager[object] = threading.Lock() if needs_lock else nullcontext()

    def __len__(self) -> int:
        return sum(map(len, list(self._lists.values()))) // _COLUMNS

    def append_to(self, tag: str) -> Append:
        """Return how to append a row to this tag."""
        extend: Append = self._lists.setdefault(tag, []).extend
        return _locked(self._lock, extend) if self._needs_lock else extend

    def take(self) -> list[Points]:
        """Take out what waits, as columns."""
        columns = []
        for tag, values in list(self._lists.items()):
            with self._lock:
                rows = values[: len(values) // _COLUMNS * _COLUMNS]
                del values[: len(rows)]
            if rows:
                iterations = self._number(tag, rows[::_COLUMNS])
                columns.append(Points(tag, iterations, array("d", rows[1::_COLUMNS]), array("d", rows[2::_COLUMNS])))  # type: ignore[arg-type]
        return columns

    def _number(self, tag: str, iterations: list[float | int | None]) -> array[int]:
        try:
            return array("q", iterations)  # type: ignore[arg-type]
        except TypeError:  # no global iteration was set: count
            number = self._counter.number
            return array("q", [number("scalar", tag) if it is None else it for it in iterations])  # type: ignore[misc]


def _locked(lock: AbstractContextManager[object], append: Append) -> Append:
    def append_locked(row: Row) -> None:
        with lock:
            append(row)

    return append_locked

"""The rows that are pending: one list per tag, filled by callers without a lock and emptied from the front.

Owns the hot path's data structure and the counting of tags that have no iteration. Knows neither threads nor files.
"""

from __future__ import annotations

import threading
from array import array
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, TypeAlias

from pyexp.log.values.events import MAX_ITERATION, MIN_ITERATION, Points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Row: TypeAlias = "tuple[int | None, float, float]"
Append: TypeAlias = "Callable[[Row], None]"

_COLUMNS = 3
_POINTS_AT_ONCE = 1 << 17
_VALUES_AT_ONCE = _COLUMNS << 15
_TAGS_AT_ONCE = 1 << 12
_COMPARED_AT_ONCE = 512  # as many as stay in the processor's cache


class Rows:
    """How to append a row to a tag: ``rows[tag](row)``.

    The hot path looks into `direct` first, whose tags may simply be appended to. The writer empties it whenever a call
    must not: while the disk stalls, after a failure, at the end. Then each call passes through the writer's `admit`.
    """

    __slots__ = ("_admit", "direct")

    def __init__(self, admit: Callable[[str], Append]) -> None:
        self._admit = admit
        self.direct: dict[str, Append] = {}  # no subclass: the interpreter looks into a plain one faster

    def __getitem__(self, tag: str) -> Append:
        try:
            append = self.direct.get(tag)
        except TypeError:  # it cannot be hashed: `admit` says what a tag is
            append = None
        return append or self._admit(tag)


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
    """The pending rows, by tag.

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

    def take(self) -> Iterator[list[Points]]:
        """Take out what is pending, as columns; bounded amounts at a time, so that each is soon in the file."""
        columns: list[Points] = []
        room = _POINTS_AT_ONCE
        for tag in list(self._lists):  # makes no pairs, whose allocation may collect garbage and so run other code
            values = self._lists[tag]
            if not values:
                continue
            taken = self._take_rows(tag, values)
            columns += taken
            room -= sum(len(points.times) for points in taken)
            if room <= 0 or len(columns) >= _TAGS_AT_ONCE:
                yield columns
                columns, room = [], _POINTS_AT_ONCE
        if columns:
            yield columns

    def _take_rows(self, tag: str, values: list[float | int | None]) -> list[Points]:
        """Take out the rows of a tag; in pieces, since lists that stay in the processor's cache take less time."""
        end = len(values) // _COLUMNS * _COLUMNS
        taken = []
        try:
            for begin in range(0, end, _VALUES_AT_ONCE):
                stop = min(begin + _VALUES_AT_ONCE, end)
                with self._lock:
                    iterations, numbers, times = (
                        values[begin + column : stop : _COLUMNS] for column in range(_COLUMNS)
                    )
                taken.append(Points(tag, self._number(tag, iterations), array("d", numbers), array("d", times)))  # type: ignore[arg-type]
        finally:
            with self._lock:
                del values[:end]
        return taken

    def _number(self, tag: str, iterations: list[float | int | None]) -> array[int] | range:
        try:
            return _compact(iterations)  # type: ignore[arg-type]
        except TypeError:  # no global iteration was set: count
            number = self._counter.number
            return _compact([number("scalar", tag) if it is None else it for it in iterations])  # type: ignore[misc]


def _compact(iterations: list[int]) -> array[int] | range:
    """Return iterations at a constant distance as a range, which costs next to nothing from here on."""
    first, last = iterations[0], iterations[-1]
    step = iterations[1] - first if len(iterations) > 1 else 1
    if step and last == first + step * (len(iterations) - 1) and MIN_ITERATION <= step <= MAX_ITERATION:
        steady = range(first, last + (1 if step > 0 else -1), step)
        cuts = (slice(begin, begin + _COMPARED_AT_ONCE) for begin in range(0, len(steady), _COMPARED_AT_ONCE))
        if all(iterations[cut] == [*steady[cut]] for cut in cuts):
            return steady
    return array("q", iterations)


def _locked(lock: AbstractContextManager[object], append: Append) -> Append:
    def append_locked(row: Row) -> None:
        with lock:
            append(row)

    return append_locked

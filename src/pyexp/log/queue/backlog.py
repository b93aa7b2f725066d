"""What is pending, and in which order it is written: first what was taken out before, then rows, then objects.

Owns how much that is and how it is cut into batches. Knows neither when they are written nor where.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyexp.log.queue.buffers import Buffers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyexp.log.queue.buffers import Append, Counter
    from pyexp.log.values.events import Item, Points

_ITEM_BYTES = 512  # of an object without its contents, about


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What goes to the file at once."""

    points: Sequence[Points] = ()
    items: Sequence[tuple[Item, int]] = ()

    def __len__(self) -> int:
        return sum(len(column.values) for column in self.points) + len(self.items)

    @property
    def tags(self) -> list[str]:
        """The tags of what is in here."""
        return [*dict.fromkeys([column.tag for column in self.points] + [item.tag for item, _ in self.items])]

    def parts(self) -> list[Batch]:
        """Return a batch for each column and each object."""
        return [Batch(points=[column]) for column in self.points] + [Batch(items=[item]) for item in self.items]


class Backlog:
    """Rows of scalars and objects that are not in the file yet.

    Attributes:
        item_bytes: What the objects take, about.
    """

    def __init__(self, counter: Counter, *, needs_lock: bool) -> None:
        self.item_bytes = 0
        self._counter = counter
        self._buffers = Buffers(counter, needs_lock=needs_lock)
        self._items: list[Item] = []
        self._taken: list[Batch] = []
        self._lock = threading.RLock()  # a signal handler may log, too

    def __len__(self) -> int:
        with self._lock:
            return sum(map(len, self._taken)) + len(self._items) + len(self._buffers)

    def append_to(self, tag: str) -> Append:
        """Return how to append a row to this tag."""
        return self._buffers.append_to(tag)

    def add(self, item: Item) -> None:
        """Append an object."""
        with self._lock:
            self._items.append(item)
            self.item_bytes += item_bytes(item)

    def batches(self) -> Iterator[Batch]:
        """Yield what is pending, each batch again and again until it is settled or split."""
        yield from self._unsettled()
        for points in self._buffers.take():
            self._taken.append(Batch(points=points))
            yield from self._unsettled()
        if items := self._take_items():
            self._taken.append(Batch(items=items))
            yield from self._unsettled()

    def settle(self) -> None:
        """Forget the batch yielded last: it is in the file now, or never will be."""
        with self._lock:
            self.item_bytes -= sum(item_bytes(item) for item, _ in self._taken.pop(0).items)

    def split(self) -> None:
        """Continue with the parts of the batch yielded last, one by one."""
        with self._lock:
            self._taken[:1] = self._taken[0].parts()

    def _unsettled(self) -> Iterator[Batch]:
        while self._taken:
            yield self._taken[0]

    def _take_items(self) -> list[tuple[Item, int]]:
        with self._lock:
            items, self._items = self._items, []
        number = self._counter.number
        return [(item, number(item.kind, item.tag) if item.iteration is None else item.iteration) for item in items]


def item_bytes(item: Item) -> int:
    """Return the memory of a pending object, about."""
    return item.size + len(item.tag) + _ITEM_BYTES

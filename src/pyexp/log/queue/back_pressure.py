"""Whether one more event may be queued: always while writing keeps up, else as long as there is room.

Owns the bounds on what is pending. Knows neither the thread nor the file.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from pyexp.errors import LogWriteError
from pyexp.log.queue.backlog import item_bytes

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from pyexp.log.queue.backlog import Backlog
    from pyexp.log.queue.buffers import Rows
    from pyexp.log.values.events import Item

MAX_WAITING_POINTS = 500_000
MAX_WAITING_BYTES = 64 << 20
_LOOK_AGAIN_S = 0.05


class Flow(Enum):
    """How writing goes."""

    FREE = auto()  # writing keeps up: what is pending is not counted
    SLOWED = auto()  # a write takes long: a call that finds no room waits for it
    FAILING = auto()  # nothing can be written: a call that finds no room is refused


class Gate:
    """Where calls wait for room. While the flow is free, rows bypass it, by `Rows.direct`.

    All methods are for holders of the condition, which they may release to wait.

    Attributes:
        flow: How writing goes.
    """

    def __init__(self, backlog: Backlog, rows: Rows, changed: threading.Condition) -> None:
        self.flow = Flow.FREE
        self._backlog = backlog
        self._rows = rows
        self._changed = changed
        self._room = 0

    def free(self) -> None:
        """Let everything pass: what was pending is written."""
        self.flow = Flow.FREE

    def slow(self) -> None:
        """Have callers look for room, because a write takes long."""
        if self.flow is Flow.FREE:
            self._restrict(Flow.SLOWED)

    def fail(self) -> None:
        """Have callers look for room, and refuse those that find none, because nothing can be written."""
        self._restrict(Flow.FAILING)

    def await_row(self, require_open: Callable[[], None]) -> None:
        """Wait until one more row may be appended.

        Args:
            require_open: Raises when there is nothing to wait for any more.

        Raises:
            LogWriteError: There is no room, and nothing can be written.
        """
        self._await(self._has_row, require_open)

    def await_item(self, item: Item, require_open: Callable[[], None]) -> None:
        """Wait until this object may be queued; see `await_row`."""
        backlog, needed = self._backlog, item_bytes(item)
        self._await(
            lambda: not backlog.item_bytes or backlog.item_bytes + needed <= MAX_WAITING_BYTES,
            require_open,
        )

    def _restrict(self, flow: Flow) -> None:
        self.flow = flow
        self._room = 0  # not counted yet
        self._rows.direct.clear()

    def _has_row(self) -> bool:
        """Return whether a row may be queued. Counting looks at each tag: after it, as many as fit go uncounted."""
        if self.flow is Flow.FREE:
            return True
        if self._room <= 0:
            self._room = MAX_WAITING_POINTS - len(self._backlog)
        self._room -= 1
        return self._room >= 0

    def _await(self, has_room: Callable[[], bool], require_open: Callable[[], None]) -> None:
        require_open()
        while not has_room():
            if self.flow is Flow.FAILING:
                raise LogWriteError(
                    f"the log cannot be written and {len(self._backlog):,} events are pending: this one is refused; "
                    "make room on the disk, then log it again"
                )
            self._changed.wait(_LOOK_AGAIN_S)
            require_open()

"""From the caller's hands to the file: buffers that cost the caller one append, and the thread that empties them.

Owns the bound on what waits, the flush, and how a failure comes back to the caller. Knows a file only as a `Sink`.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from pyexp.errors import LogError, LogWriteError
from pyexp.log import lifecycle, stalls
from pyexp.log.buffers import Buffers, Counter, Rows
from pyexp.log.checks import check_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pyexp.log.buffers import Append
    from pyexp.log.events import Item, Points

TICK_S = 0.05
TIMEOUT_S = 5.0
MAX_WAITING_POINTS = 500_000
MAX_WAITING_BYTES = 64 << 20
_IDLE_TICKS = 20  # ticks that find nothing before the thread sleeps until it is called
_RETRY_S = 0.5  # after a failure
_STALL_S = 0.1  # in the file's hands before callers look at how much waits


class Sink(Protocol):
    """Where a writer puts what was logged."""

    def prepare(self, scalars: Sequence[Points], items: Sequence[tuple[Item, int]]) -> Callable[[], None]:
        """Encode all of it and return what appends it, or raises `OSError` and has appended nothing."""

    def close(self) -> None:
        """Finish the file."""

    def release(self) -> None:
        """Close what is open and write nothing."""

    def reopened(self) -> Sink:
        """Return a sink of its own for a forked child."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """What goes to the sink at once."""

    points: Sequence[Points] = ()
    items: Sequence[tuple[Item, int]] = ()

    def __len__(self) -> int:
        return sum(len(column.values) for column in self.points) + len(self.items)


class Writer:
    """Collects rows and items from any thread and puts them into a sink every 50 ms."""

    def __init__(self, sink: Sink, *, needs_lock: bool | None = None) -> None:
        self._sink = sink
        self._needs_reopening = False
        self._needs_lock = not getattr(sys, "_is_gil_enabled", lambda: True)() if needs_lock is None else needs_lock
        self._counter = Counter()
        self.rows = Rows(self._admit)
        self._closed = False
        self._reset()
        lifecycle.add(self)

    def _reset(self) -> None:
        """Start empty, as a new writer or in a forked child."""
        self._changed = threading.Condition()  # its lock is re-entrant: a signal handler may log, too
        self._buffers = Buffers(self._counter, needs_lock=self._needs_lock)
        self._items: list[Item] = []
        self._item_bytes = 0
        self._batch = _Batch()
        self._thread: threading.Thread | None = None
        self._is_gated = self._is_busy = self._is_ended = False
        self._room = self._asked = self._answered = 0
        self._failure: BaseException | None = None
        self._is_failing = False
        self._tick_began: float | None = None
        self._progressed = 0.0

    def put(self, item: Item) -> None:
        """Queue an object; waits while too many bytes are queued.

        Raises:
            LogWriteError: An earlier write failed, or still fails and the queue is full.
            LogError: The writer is closed.
        """
        with self._changed:
            self._wait_for_room(lambda: not self._item_bytes or self._item_bytes + item.size <= MAX_WAITING_BYTES)
            self._items.append(item)
            self._item_bytes += item.size
            self._wake()

    def flush(self, timeout_s: float = TIMEOUT_S) -> None:
        """Wait until everything logged so far is in the file.

        Raises:
            LogWriteError: Writing failed, or took longer than *timeout_s*; what waits is kept and tried again.
        """
        self.wait(self.ask(), timeout_s)

    def ask(self) -> int:
        """Ask for a flush and return a ticket for `wait`."""
        with self._changed:
            if self._closed:
                return 0
            self._asked += 1
            if self._thread is not None:
                self._changed.notify_all()
                return self._asked
        self._tick()  # nothing was logged yet, or no thread could be started
        return self._asked

    def wait(self, ticket: int, timeout_s: float = TIMEOUT_S) -> None:
        """Wait until the flush of this ticket is done; see `flush`."""
        with self._changed:
            done = self._changed.wait_for(lambda: self._answered >= ticket or self._failure is not None, timeout_s)
            self._raise_failure()
            if not done:
                raise LogWriteError(
                    f"{self.waiting():,} logged events are not in the file after {timeout_s:g} s: the disk does not "
                    "take them; they are kept and will be written when it does"
                )

    def close(self, timeout_s: float = TIMEOUT_S) -> None:
        """Write what waits, finish the file and end the thread. Closing again does nothing.

        Takes as long as there is progress, and gives up after *timeout_s* without.

        Raises:
            LogWriteError: Some events could not be written, and are lost if the process ends now.
        """
        self.abandon()
        thread = self._thread
        while thread is not None and thread.is_alive():
            left = self._progressed + timeout_s - monotonic()
            if left <= 0:
                break
            thread.join(left)
        with self._changed:
            self._raise_failure()
            if self._is_ended:
                return
            self._is_ended = True
        if lost := self.waiting():
            raise LogWriteError(
                f"{lost:,} logged events could not be written: for {timeout_s:g} s after the log was closed the disk "
                "took none"
            )

    def abandon(self) -> None:
        """Begin to close, without waiting for it."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._progressed = monotonic()
            self.rows.direct.clear()
            self._changed.notify_all()
            thread = self._thread
        if thread is None:
            self._finish()

    def waiting(self) -> int:
        """Return how many events are not in the file yet."""
        return len(self._batch) + len(self._items) + len(self._buffers)

    def restart_after_fork(self) -> None:
        """Begin anew in a forked child: what waited belongs to the parent, which writes it."""
        self.rows.direct.clear()
        self._reset()
        if not self._closed and not self._needs_reopening:
            self._needs_reopening = True
            self._sink.release()  # or our copy of the descriptor would hold the parent's lock

    def gate_if_stalled(self) -> None:
        """From now on look at how much waits, if the file has been at work for long."""
        with self._changed:
            is_stalled = self._tick_began is not None and monotonic() - self._tick_began > _STALL_S
            if is_stalled and not self._is_gated:
                self._gate()

    def _admit(self, tag: str) -> Append:
        """Return how to append a row for *tag*; called for each row that finds no direct way."""
        with self._changed:
            self._wait_for_room(self._has_room)
            check_tag(tag)
            append = self._buffers.append_to(tag)
            self._wake()
            if not self._is_gated:
                self.rows.direct[tag] = append
        return append

    def _gate(self) -> None:
        self._is_gated = True
        self._room = 0  # not counted yet
        self.rows.direct.clear()

    def _has_room(self) -> bool:
        """Whether one more row may wait. Counting looks at each tag: after it, as many rows as fit go uncounted."""
        if not self._is_gated:
            return True
        if self._room <= 0:
            self._room = MAX_WAITING_POINTS - self.waiting()
        self._room -= 1
        return self._room >= 0

    def _wait_for_room(self, has_room: Callable[[], bool]) -> None:
        self._check_open()
        while not has_room():
            if self._is_failing:
                raise LogWriteError(
                    f"the log cannot be written and {self.waiting():,} events wait already: this one is refused; "
                    "make room on the disk and go on"
                )
            self._changed.wait(TICK_S)
            self._check_open()

    def _check_open(self) -> None:
        self._raise_failure()
        if self._closed:
            raise LogError("the logger is closed: log before `close()`, or open a new Logger on the same folder")

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise LogWriteError(f"the log could not be written: {failure}") from failure

    def _wake(self) -> None:
        """Make sure that a thread will look at what was queued."""
        if self._is_busy:
            return
        self._is_busy = True
        if self._thread is None:
            lifecycle.prepare_exit()
            thread = threading.Thread(target=self._run, name="pyexp-log", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                return  # the interpreter is ending: closing writes in the caller's thread
            self._thread = thread
        else:
            self._changed.notify_all()

    def _run(self) -> None:
        idle_ticks = 0
        while not self._closed:
            with self._changed:
                self._changed.wait_for(lambda: self._is_busy or self._is_called())
                self._changed.wait_for(self._is_called, _RETRY_S if self._is_failing else TICK_S)
            stalls.begin(self)
            idle_ticks = 0 if self._tick() else idle_ticks + 1
            if idle_ticks >= _IDLE_TICKS:
                self._fall_asleep()
        stalls.end(self)
        self._finish()

    def _is_called(self) -> bool:
        """Whether somebody waits for the next tick."""
        return self._closed or self._asked > self._answered

    def _fall_asleep(self) -> None:
        """Sleep until the next call, once no caller can be on the direct way any more."""
        with self._changed:
            self._is_busy = bool(self.rows.direct or self.waiting())
            self.rows.direct.clear()
        if not self._is_busy:
            stalls.end(self)

    def _finish(self) -> None:
        self._tick()
        try:
            if self._needs_reopening:
                self._needs_reopening = False  # a forked child that logged nothing
            else:
                self._sink.close()
        except OSError as error:
            self._fail(error)

    def _tick(self) -> bool:
        """Write what waits; return whether there was something."""
        asked = self._asked
        found = False
        self._tick_began = monotonic()
        try:
            for batch in self._batches():
                found = True
                self._batch = batch
                self._open_sink().prepare(batch.points, batch.items)()
                self._settle()
        except OSError as error:
            self._fail(error)
            return True
        except Exception as error:  # a bug or an absurd size: trying again would fail for ever
            self._settle()
            self._fail(error)
            return True
        finally:
            self._tick_began = None
        with self._changed:
            self._is_gated = self._is_failing = False
            self._answered = asked
            self._changed.notify_all()
        return found

    def _batches(self) -> Iterator[_Batch]:
        """Take out what waits, in parts; the first is what could not be written before."""
        if self._batch:
            yield self._batch
        for points in self._buffers.take():
            yield _Batch(points=points)
        if items := self._take_items():
            yield _Batch(items=items)

    def _settle(self) -> None:
        """Forget what is in the file now, or never will be."""
        with self._changed:
            self._item_bytes -= sum(item.size for item, _ in self._batch.items)
            self._batch = _Batch()
            self._progressed = monotonic()

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            if not self._is_failing or self._closed or self._asked > self._answered:
                self._failure = error
            self._answered = self._asked
            self._is_failing = True
            self._gate()
            self._changed.notify_all()

    def _open_sink(self) -> Sink:
        if self._needs_reopening:
            self._sink = self._sink.reopened()
            self._needs_reopening = False
        return self._sink

    def _take_items(self) -> list[tuple[Item, int]]:
        with self._changed:
            items, self._items = self._items, []
        number = self._counter.number
        return [(item, number(item.kind, item.tag) if item.iteration is None else item.iteration) for item in items]

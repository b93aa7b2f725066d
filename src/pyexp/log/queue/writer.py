"""From the caller's hands to the file: the thread that puts there what waits, every 50 ms.

Owns the bound on what waits, the flush, and how a failure comes back to the caller. Knows a file only as a `Sink`.
"""

from __future__ import annotations

import sys
import threading
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from pyexp.errors import LogError, LogWriteError
from pyexp.log.call.checks import check_tag
from pyexp.log.queue import exit_hooks, stall_watch
from pyexp.log.queue.backlog import Backlog, item_bytes
from pyexp.log.queue.buffers import Counter, Rows
from pyexp.log.queue.exit_hooks import Flush

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyexp.log.queue.backlog import Batch
    from pyexp.log.queue.buffers import Append
    from pyexp.log.values.events import Item, Points

TICK_S = 0.05
TIMEOUT_S = 5.0
MAX_WAITING_POINTS = 500_000
MAX_WAITING_BYTES = 64 << 20
_IDLE_TICKS = 20  # ticks that find nothing before the thread sleeps until it is called
_RETRY_S = 0.5  # after a failure
_STALL_S = 0.1  # in the file's hands before callers look at how much waits
_GRACE_S = 1.0  # to close, at least, after a flush that waited in vain


class Sink(Protocol):
    """Where a writer puts what was logged."""

    def prepare(self, scalars: Sequence[Points], items: Sequence[tuple[Item, int]]) -> Callable[[], None]:
        """Encode all of it and return what appends it.

        Whichever of the two raises has appended nothing: `OSError` while the file takes nothing, anything else when
        some event can never be written.
        """

    def close(self) -> None:
        """Finish the file."""

    def release(self) -> None:
        """Close what is open and write nothing."""

    def reopened(self) -> Sink:
        """Return a sink of its own for a forked child."""


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
        exit_hooks.add(self)

    def _reset(self) -> None:
        """Start empty, as a new writer or in a forked child."""
        self._changed = threading.Condition()  # its lock is re-entrant: a signal handler may log, too
        self._ticking = threading.Lock()  # held by whoever writes
        self._backlog = Backlog(self._counter, needs_lock=self._needs_lock)
        self._flushes: list[Flush] = []
        self._thread: threading.Thread | None = None
        self._is_gated = self._is_busy = self._is_failing = self._is_told = False
        self._is_finished = self._closed
        self._room = 0
        self._failure: BaseException | None = None
        self._tick_began: float | None = None
        self._progressed = self._grace_end = 0.0
        self._waited_since: float | None = None

    def put(self, item: Item) -> None:
        """Queue an object; waits while too many bytes are queued.

        Raises:
            LogWriteError: An earlier write failed, or still fails and the queue is full.
            LogError: The writer is closed.
        """
        backlog = self._backlog
        with self._changed:
            self._wait_for_room(
                lambda: not backlog.item_bytes or backlog.item_bytes + item_bytes(item) <= MAX_WAITING_BYTES
            )
            backlog.add(item)
            self._wake()

    def flush(self, timeout_s: float = TIMEOUT_S) -> None:
        """Wait until everything logged so far is in the file.

        Raises:
            LogWriteError: Writing failed, or took longer than *timeout_s*; what waits is kept and tried again.
        """
        self.wait(self.ask(), timeout_s)

    def ask(self) -> Flush:
        """Ask for a flush; see `wait`."""
        flush = Flush()
        with self._changed:
            if self._is_finished or (self._thread is None and not len(self._backlog)):
                flush.is_done = True
                return flush
            self._flushes.append(flush)
            self._wake()
            if self._thread is not None:
                self._changed.notify_all()
                return flush
        if self._ticking.acquire(timeout=TIMEOUT_S):  # no thread could be started
            try:
                self._tick()
            finally:
                self._ticking.release()
        return flush

    def wait(self, flush: Flush, timeout_s: float = TIMEOUT_S) -> None:
        """Wait until this flush is done; see `flush`."""
        begin = monotonic()
        with self._changed:
            self._changed.wait_for(lambda: flush.is_done, timeout_s)
            if flush.error is not None and self._failure is None:
                raise _write_error(flush.error) from flush.error
            self._raise_failure()
            if not flush.is_done:
                self._waited_since = begin if self._waited_since is None else self._waited_since
                raise LogWriteError(
                    f"{self.waiting():,} logged events are not in the file after {timeout_s:g} s: the disk does not "
                    "take them; they are kept and will be written when it does"
                )

    def close(self, timeout_s: float = TIMEOUT_S) -> None:
        """Write what waits, finish the file and end the thread. Closing again does nothing.

        Takes as long as there is progress, and gives up after *timeout_s* without; what a flush waited in vain counts.

        Raises:
            LogWriteError: Some events could not be written, and are lost if the process ends now.
        """
        self.abandon()
        thread = self._thread
        while thread is not None and thread.is_alive():
            left = max(self._progressed + timeout_s, self._grace_end) - monotonic()
            if left <= 0:
                break
            thread.join(left)
        with self._changed:
            if self._is_told:
                return
            self._is_told = True
            self._raise_failure()
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
            if self._waited_since is not None:
                self._progressed, self._grace_end = self._waited_since, self._progressed + _GRACE_S
            self.rows.direct.clear()
            self._changed.notify_all()
            thread = self._thread
        if thread is None:
            self._finish()

    def waiting(self) -> int:
        """Return how many events are not in the file yet."""
        return len(self._backlog)

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
            append = self._backlog.append_to(tag)
            self._wake()
            if not self._is_gated and self._is_busy:
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
            raise _write_error(failure) from failure

    def _wake(self) -> None:
        """Make sure that a thread will look at what was queued."""
        if self._is_busy:
            return
        self._is_busy = True
        if self._thread is not None:
            self._changed.notify_all()
            return
        exit_hooks.prepare_exit()
        self._thread = threading.Thread(target=self._run, name="pyexp-log", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # too many threads, or the interpreter is ending: flushing writes in the caller's
            self._thread = None
            self._is_busy = False

    def _run(self) -> None:
        idle_ticks = 0
        while not self._closed:
            with self._changed:
                self._changed.wait_for(lambda: self._is_busy or self._is_called())
                self._changed.wait_for(self._is_called, _RETRY_S if self._is_failing else TICK_S)
            stall_watch.begin(self)
            with self._ticking:
                idle_ticks = 0 if self._tick() else idle_ticks + 1
            if idle_ticks >= _IDLE_TICKS:
                self._fall_asleep()
        stall_watch.end(self)
        self._finish()

    def _is_called(self) -> bool:
        """Whether somebody waits for the next tick."""
        return self._closed or bool(self._flushes)

    def _fall_asleep(self) -> None:
        """Sleep until the next call, once no caller can be on the direct way any more."""
        with self._changed:
            self._is_busy = bool(self.rows.direct or self.waiting())
            self.rows.direct.clear()
        if not self._is_busy:
            stall_watch.end(self)

    def _finish(self) -> None:
        with self._ticking:
            self._tick()
            try:
                if self._needs_reopening:
                    self._needs_reopening = False  # a forked child that logged nothing
                else:
                    self._sink.close()
            except OSError as error:
                self._fail(error)
            with self._changed:
                self._is_finished = True
                self._answer(len(self._flushes), self._failure)

    def _tick(self) -> bool:
        """Write what waits; return whether there was something."""
        asked = len(self._flushes)
        found = False
        dropped: Exception | None = None
        self._tick_began = monotonic()
        try:
            for batch in [] if self._is_finished else self._backlog.batches():
                found = True
                dropped = self._write(batch) or dropped
        except Exception as error:  # a full disk, or whatever is wrong with it
            self._fail(error)
            return True
        finally:
            self._tick_began = None
        with self._changed:
            self._is_gated = self._is_failing = False
            self._failure = self._failure or dropped
            self._answer(asked, dropped)
        return found

    def _write(self, batch: Batch) -> Exception | None:
        """Write a batch, or as much of it as can be written at all; return why the rest is dropped.

        Raises:
            OSError: The file takes nothing now.
        """
        dropped = None
        try:
            self._open_sink().prepare(batch.points, batch.items)()
        except OSError:
            raise
        except Exception as error:  # one of its events: trying that again would fail for ever
            if len(batch.points) + len(batch.items) > 1:
                self._backlog.split()
                return None
            dropped = LogError(f"{len(batch):,} events of the tag {batch.tags[0]!r:.100} are dropped: {error}")
            dropped.__cause__ = error
        with self._changed:
            self._backlog.settle()
            self._progressed = monotonic()
            self._waited_since = None
        return dropped

    def _fail(self, error: Exception) -> None:
        with self._changed:
            if not self._is_failing or self._closed:
                self._failure = self._failure or error
            self._is_failing = True
            self._gate()
            self._answer(len(self._flushes), error)

    def _answer(self, count: int, error: BaseException | None) -> None:
        """Tell the first *count* flushes that they are done, and what went wrong."""
        for flush in self._flushes[:count]:
            flush.is_done, flush.error = True, error
        del self._flushes[:count]
        self._changed.notify_all()

    def _open_sink(self) -> Sink:
        if self._needs_reopening:
            self._sink = self._sink.reopened()
            self._needs_reopening = False
        return self._sink


def _write_error(failure: BaseException) -> LogWriteError:
    return LogWriteError(f"the log could not be written: {failure}")

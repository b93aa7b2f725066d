"""What one logger has pending, and how the thread that all share writes it to the file.

Owns the states of a logger, the flush, and how a failure is reported to the caller. Knows a file only as a `Sink`.
"""

from __future__ import annotations

import sys
import threading
from enum import Enum, auto
from time import monotonic
from typing import TYPE_CHECKING

from pyexp.errors import LogError, LogWriteError
from pyexp.log.call.checks import check_tag
from pyexp.log.queue import exit_hooks, shared_thread, termination
from pyexp.log.queue.back_pressure import Flow, Gate
from pyexp.log.queue.backlog import Backlog
from pyexp.log.queue.buffers import Counter, Rows
from pyexp.log.queue.draining import drain
from pyexp.log.queue.exit_hooks import Flush
from pyexp.log.queue.failure import Failure
from pyexp.log.queue.patience import Patience
from pyexp.log.queue.sinks import ReopenedSink

if TYPE_CHECKING:
    from pyexp.log.queue.buffers import Append
    from pyexp.log.queue.sinks import Sink
    from pyexp.log.values.events import Item

TIMEOUT_S = 5.0
_IDLE_TICKS = 20  # ticks that find nothing before the writer sleeps until it is called
_RETRY_S = 0.5  # after a failure


class State(Enum):
    """What a writer does. It falls asleep and wakes again and again, and closes once."""

    ASLEEP = auto()  # no thread looks at what is pending until a call wakes one
    AWAKE = auto()
    CLOSING = auto()  # calls are refused, what is pending is written
    CLOSED = auto()


class Writer:
    """Collects rows and items from any thread and puts them into a sink every 50 ms.

    Attributes:
        rows: How to append a row to a tag.
        gate: Where calls wait for room.
        state: What the writer does; set by itself only.
    """

    def __init__(self, sink: Sink, *, needs_lock: bool | None = None) -> None:
        self._sink = sink
        self._needs_lock = not getattr(sys, "_is_gil_enabled", lambda: True)() if needs_lock is None else needs_lock
        self._counter = Counter()
        self._is_forked = False
        self.rows = Rows(self._admit)
        self._reset(State.ASLEEP)
        exit_hooks.add(self)

    def _reset(self, state: State) -> None:
        """Start empty, as a new writer or in a forked child."""
        self.state = state
        self._thread = shared_thread.thread
        self._changed = threading.Condition(self._thread.lock)
        self._ticking = threading.Lock()  # held by the thread that writes
        self._backlog = Backlog(self._counter, needs_lock=self._needs_lock)
        self.gate = Gate(self._backlog, self.rows, self._changed)
        self._patience = Patience()
        self._flushes: list[Flush] = []
        self._has_thread = False  # the shared one looked at this writer once
        self._idle_ticks = 0
        self._due = 0.0  # before that, a turn is not taken unless it is called for
        self._failure = Failure()
        self._is_loss_reported = False
        self._tick_began: float | None = None

    def put(self, item: Item) -> None:
        """Queue an object; waits while too many bytes are queued.

        Raises:
            LogWriteError: An earlier write failed, or still fails and the queue is full.
            LogError: The writer is closed.
        """
        with self._changed:
            self.gate.await_item(item, self._require_open)
            self._backlog.add(item)
            self._wake()

    def flush(self, timeout_s: float = TIMEOUT_S) -> None:
        """Wait until everything logged so far is in the file.

        Raises:
            LogWriteError: Writing failed, or took longer than *timeout_s*; what is pending is kept and tried again.
        """
        self.wait(self.ask(), timeout_s)

    def ask(self) -> Flush:
        """Ask for a flush; see `wait`."""
        flush = Flush()
        with self._changed:
            if self.state is State.CLOSED or (not self._has_thread and not len(self._backlog)):
                flush.is_done = True
                return flush
            self._flushes.append(flush)
            self._wake()
            if self._has_thread and self._thread.call(self):
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
            self._failure.note(flush.error)
            self._failure.report()
            if not flush.is_done:
                self._patience.flush_timed_out(begin)
                raise LogWriteError(
                    f"{self.waiting():,} logged events are not in the file after {timeout_s:g} s: nothing can be "
                    "written there now; they are kept and written as soon as that is possible"
                )

    def close(self, timeout_s: float = TIMEOUT_S) -> None:
        """Write what is pending and finish the file. Closing again does nothing.

        Takes as long as there is progress, and gives up after *timeout_s* without; a flush that timed out counts.

        Raises:
            LogWriteError: Some events could not be written, and are lost if the process ends now.
        """
        self.abandon()
        with self._changed:
            while self.state is not State.CLOSED and (left_s := self._patience.left_s(timeout_s)) > 0:
                self._changed.wait(left_s)
            if self._is_loss_reported:
                return
            self._is_loss_reported = True
            self._failure.report()
        if lost := self.waiting():
            raise LogWriteError(
                f"{lost:,} logged events could not be written: nothing could be written for {timeout_s:g} s after "
                "close(); they are lost if the process exits now"
            )

    def abandon(self) -> None:
        """Begin to close, without waiting for it."""
        with self._changed:
            if self._is_closing():
                return
            self.state = State.CLOSING
            self._patience.begin_closing()
            self.rows.direct.clear()
            self._changed.notify_all()
            if self._has_thread and self._thread.call(self):
                return
        self._finish()

    def waiting(self) -> int:
        """Return how many events are not in the file yet."""
        return len(self._backlog)

    def restart_after_fork(self) -> None:
        """Start again in a forked child: what was pending belongs to the parent, which writes it."""
        self.rows.direct.clear()
        if self._is_closing():
            self._reset(State.CLOSED)
        else:
            self._reset(State.ASLEEP)
            self._sink.release()  # or our copy of the descriptor would hold the parent's lock
            self._sink = ReopenedSink(self._sink)
            self._is_forked = True

    def gate_if_stalled(self) -> None:
        """Look at how much is pending from now on, if the file has been at work for long."""
        with self._changed:
            if self._tick_began is not None and monotonic() - self._tick_began > shared_thread.STALL_S:
                self.gate.slow()

    def _admit(self, tag: str) -> Append:
        """Return how to append a row for *tag*; called for each row that finds no direct way."""
        with self._changed:
            self.gate.await_row(self._require_open)
            check_tag(tag)
            append = self._backlog.append_to(tag)
            self._wake()
            if self.state is State.AWAKE and self.gate.flow is Flow.FREE:
                self.rows.direct[tag] = append
        return append

    def _is_closing(self) -> bool:
        return self.state in (State.CLOSING, State.CLOSED)

    def _require_open(self) -> None:
        self._failure.report()
        if self._is_closing():
            raise LogError("the logger is closed: log before `close()`, or open a new Logger on the same folder")

    def _wake(self) -> None:
        """Make sure that a thread will look at what was queued."""
        if self.state is not State.ASLEEP:
            return
        exit_hooks.prepare_exit()
        if self._is_forked or exit_hooks.is_multiprocessing_child():
            termination.prepare()
        if self._thread.wake(self):  # else flushing writes in the caller's thread
            self.state, self._has_thread, self._idle_ticks = State.AWAKE, True, 0

    def take_turn(self) -> None:
        """Write what is pending, in the thread that writers share."""
        if self._is_closing():
            self._finish()
            return
        if monotonic() < self._due and not self._flushes:
            return
        with self._ticking:
            self._idle_ticks = 0 if self._tick() else self._idle_ticks + 1
        self._due = monotonic() + _RETRY_S if self.gate.flow is Flow.FAILING else 0.0
        if self._idle_ticks >= _IDLE_TICKS:
            self._fall_asleep()

    def _fall_asleep(self) -> None:
        """Sleep until the next call, once no caller can be on the direct way any more."""
        with self._changed:
            if self.state is State.AWAKE and not self.rows.direct and not self.waiting():
                self.state = State.ASLEEP
                self._thread.sleep(self)
            self.rows.direct.clear()

    def _finish(self) -> None:
        with self._ticking:
            self._tick()
            try:
                self._sink.close()
            except OSError as error:
                self._fail(error)
            with self._changed:
                self.state = State.CLOSED
                self._thread.leave(self)
                self._answer(len(self._flushes), self._failure.error)

    def _tick(self) -> bool:
        """Write what is pending; return whether there was something."""
        asked = len(self._flushes)
        found, dropped = False, None
        self._tick_began = monotonic()
        try:
            if self.state is not State.CLOSED:
                found, dropped = drain(self._backlog, self._sink, self._settle)
        except Exception as error:  # a full disk, or any other fault of the file
            self._fail(error)
            return True
        finally:
            self._tick_began = None
        with self._changed:
            self.gate.free()
            self._answer(asked, dropped)
        return found

    def _settle(self, dropped: Exception | None) -> None:
        with self._changed:
            self._backlog.settle()
            self._patience.progressed()
            self._failure.note(dropped)

    def _fail(self, error: Exception) -> None:
        with self._changed:
            if self.gate.flow is not Flow.FAILING or self._is_closing():
                self._failure.note(error)
            self.gate.fail()
            self._answer(len(self._flushes), error)

    def _answer(self, count: int, error: BaseException | None) -> None:
        """Mark the first *count* flushes as done, with what went wrong."""
        for flush in self._flushes[:count]:
            flush.is_done, flush.error = True, error
        del self._flushes[:count]
        self._changed.notify_all()

"""The one thread of this process that writes what its loggers have pending, every 50 ms while there is something.

Owns that thread, and a second one that watches it while it is at work: when the file of one writer stalls, the thread
stays with that writer and another one serves the rest. Knows writers only by the few methods that it calls.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol

from pyexp._garbage import uncollected

TICK_S = 0.05
STALL_S = 0.1  # spent with one writer before the others get another thread


class Served(Protocol):
    """What this module needs of a writer."""

    def take_turn(self) -> None:
        """Write what is pending."""

    def gate_if_stalled(self) -> None:
        """Make callers look at how much is pending, if the file has been at work for too long."""


@uncollected()
def begin(thread: threading.Thread) -> None:
    """Start a thread with the lock held, which finalizers need: in the new thread, too, garbage may be collected.

    Raises:
        RuntimeError: There can be no more threads, or the interpreter is exiting.
    """
    thread.start()  # waits until it runs


class SharedThread:
    """Serves writers, each again and again from when it wakes until it sleeps or leaves.

    Attributes:
        lock: Held while anything of this or of a writer changes; re-entrant, since a signal handler may log, too. One
            for all, so that a handler that waits gives away whatever the call holds that it interrupted.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start again, also in a forked child: the threads stayed with the parent."""
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._thread: threading.Thread | None = None
        self._watch: threading.Thread | None = None
        self._known: set[Served] = set()
        self._awake: dict[Served, None] = {}
        self._called: set[Served] = set()  # these wait for their turn
        self._served: dict[Served, float] = {}  # whose turn it is, and since when
        self._turn_began: float | None = None  # that of `_thread`; others are left alone with a stalled file

    def wake(self, writer: Served) -> bool:
        """Serve a writer from now on; return whether there is a thread for that."""
        with self._changed:
            if self._thread is None and not self._start():
                return False
            self._known.add(writer)
            is_idle = not self._waiting()
            self._awake[writer] = None
            if is_idle:
                self._changed.notify_all()
            return True

    def call(self, writer: Served) -> bool:
        """Serve a writer now, once the one whose turn it is has had it; return as `wake` does."""
        with self._changed:
            if not self.wake(writer):
                return False
            self._called.add(writer)
            self._changed.notify_all()
            return True

    def sleep(self, writer: Served) -> None:
        """Leave a writer alone until it wakes."""
        with self._changed:
            self._awake.pop(writer, None)
            self._called.discard(writer)

    def leave(self, writer: Served) -> None:
        """Forget a writer; without any, the thread ends."""
        with self._changed:
            self.sleep(writer)
            self._known.discard(writer)
            self._changed.notify_all()

    def _start(self) -> bool:
        """Start the thread; return False where that cannot be: too many threads, or the interpreter is exiting."""
        thread = threading.Thread(target=self._run, name="pyexp-log", daemon=True)
        self._thread, self._turn_began = thread, None
        try:
            begin(thread)
        except RuntimeError:
            self._thread = None
            return False
        return True

    def _run(self) -> None:
        while self._has_work():
            for writer in self._next_round():
                self._serve(writer)
                if self._thread is not threading.current_thread():
                    return  # the writer's file stalled, and another thread serves the others

    def _has_work(self) -> bool:
        """Wait for the next round; return False when this thread is to end."""
        me = threading.current_thread()
        with self._changed:
            self._changed.wait_for(lambda: self._thread is not me or self._waiting() or not self._known)
            self._changed.wait_for(lambda: self._thread is not me or self._is_called() or not self._known, TICK_S)
            if self._thread is me and not self._known:
                self._thread = None
            return self._thread is me

    def _next_round(self) -> list[Served]:
        with self._changed:
            self._called.intersection_update(self._served)
            if self._watch is None:
                self._start_watch()
            return self._waiting()

    def _serve(self, writer: Served) -> None:
        with self._changed:
            if writer in self._served or writer not in self._awake:
                return
            self._served[writer] = self._turn_began = time.monotonic()
        try:
            writer.take_turn()
        finally:
            with self._changed:
                del self._served[writer]
                if self._thread is threading.current_thread():
                    self._turn_began = None
                self._changed.notify_all()

    def _waiting(self) -> list[Served]:
        """Return the writers that are awake and not at work."""
        return [writer for writer in list(self._awake) if writer not in self._served]

    def _is_called(self) -> bool:
        return any(writer not in self._served for writer in list(self._called))

    def _start_watch(self) -> None:
        self._watch = threading.Thread(target=self._look_for_stalls, name="pyexp-log-stalls", daemon=True)
        try:
            begin(self._watch)
        except RuntimeError:  # the interpreter is exiting: little is logged any more
            self._watch = None

    def _look_for_stalls(self) -> None:
        while True:
            time.sleep(STALL_S)
            with self._changed:
                if not self._awake:
                    self._watch = None
                    return
                stalled = [writer for writer, since in self._served.items() if time.monotonic() - since > STALL_S]
            for writer in stalled:
                writer.gate_if_stalled()
            if not self._is_replaced():
                self._run()
                return

    def _is_replaced(self) -> bool:
        """Start a thread for the rest where one stays with a stalled file; return False where it has to be this one.

        None can be started while the interpreter is exiting, which is when everything has to be written.
        """
        with self._changed:
            is_stalled = self._turn_began is not None and time.monotonic() - self._turn_began > STALL_S
            if not is_stalled or not self._waiting() or self._start():
                return True
            self._thread, self._watch, self._turn_began = threading.current_thread(), None, None
            return False


thread = SharedThread()

"""Ctrl-C, SIGTERM and SIGHUP: how they stop a batch, once in order and twice at once, and the sentence after them."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from pyexp._held_signals import HeldSignals
from pyexp.executors.descriptor_capture import terminal_descriptor
from pyexp.executors.invoke import interruptible

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine
    from types import FrameType

    from pyexp.executors.base import Session


_HURRY_S = 0.9
_NUMBERS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class BatchStopped(BaseException):
    """A signal stopped the batch; not an `Exception`, since no error handling may swallow it.

    Attributes:
        number: The signal's number.
        timestamp: The batch, to be continued.
    """

    def __init__(self, number: int, timestamp: str) -> None:
        super().__init__(number, timestamp)
        self.number = number
        self.timestamp = timestamp


class StopSignals:
    """Turns SIGINT, SIGTERM and SIGHUP into an orderly stop, while the block lasts; only in the main thread.

    The first one ends the batch: no more runs are started, children are ended. A synchronous run that has the main
    thread is interrupted by KeyboardInterrupt. The second one leaves children no grace, and a hanging process no time.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stop: Callable[[], None] | None = None
        self._previous: dict[int, Any] = {}
        self._woken_before: int | None = None
        self._last_resort: threading.Timer | None = None
        self._pid = os.getpid()
        self.received: int | None = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            _forks.watch(self)
            for number in _NUMBERS:
                # What the user's shell chose to ignore (nohup) stays ignored.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.restore()
        _forks.watch(None)
        if self._last_resort is not None:
            self._last_resort.cancel()

    def restore(self) -> None:
        """Put the handlers back that there were before."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._wake_as_before()

    async def run_alert(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Await ``main()`` in a loop that every signal wakes.

        Another thread may receive it, while the main one forks; Python calls the handler in the main thread's next
        step, and a loop that waits takes none. (The loop of Windows sees to that itself.)
        """
        if sys.platform == "win32" or not self._previous:
            await main()
            return
        import asyncio
        import socket

        loop = asyncio.get_running_loop()
        woken, wakes = socket.socketpair()
        with woken, wakes:
            for end in (woken, wakes):
                end.setblocking(False)
            loop.add_reader(woken, _drain, woken)
            self._woken_before = signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
            try:
                await main()
            finally:
                self._wake_as_before()
                loop.remove_reader(woken)

    def _wake_as_before(self) -> None:
        before, self._woken_before = self._woken_before, None
        if before is not None:
            signal.set_wakeup_fd(-1)
            with suppress(OSError):  # its owner has closed it
                signal.set_wakeup_fd(before)

    def connect(self, stop: Callable[[], None]) -> None:
        """Call *stop* at the first signal; it must be safe to call from a signal handler."""
        self._stop = stop
        if self.received is not None:
            stop()

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if os.getpid() != self._pid:
            # A process that a run in this one forked: the batch is none of its business.
            signal.signal(number, self._previous[number] or signal.SIG_DFL)
            signal.raise_signal(number)
            return
        if self.received is None:
            self.received = number
            self._session.stopping.set()
            if number == signal.SIGINT:
                self._tell()
        elif interruptible.is_set():
            # The run in this very thread swallowed the first one: there is nothing to wait for.
            os._exit(128 + number)
        elif self._last_resort is None:
            self._session.hurry.set()
            # An asynchronous run that blocks the loop keeps everything else from happening.
            self._last_resort = threading.Timer(_HURRY_S, os._exit, [128 + number])
            self._last_resort.daemon = True
            self._last_resort.start()
        if self._stop is not None:
            with suppress(RuntimeError):  # the loop has ended already
                self._stop()
        if interruptible.is_set():
            raise KeyboardInterrupt

    def _tell(self) -> None:
        """Say that the key was heard; to the descriptor itself, since the stream may be in the middle of a line."""
        text = f"\nstopping: the runs get {self._session.grace_s:g} s to exit; Ctrl-C again kills them at once\n"
        with suppress(OSError):
            os.write(terminal_descriptor(), text.encode())


def _drain(woken: socket.socket) -> None:
    with suppress(BlockingIOError):
        while woken.recv(4096):
            pass


class _Forks:
    """Keeps a signal to a process that user code forks from being lost."""

    def __init__(self) -> None:
        self._active: StopSignals | None = None
        self._is_registered = False
        self._held = HeldSignals()

    def watch(self, signals: StopSignals | None) -> None:
        """Watch forks while *signals* has handlers here."""
        self._active = signals
        if not self._is_registered and hasattr(os, "register_at_fork"):
            self._is_registered = True
            os.register_at_fork(before=self._hold, after_in_child=self._start_child, after_in_parent=self._held.release)

    def _hold(self) -> None:
        if self._active is not None:
            self._held.hold(_NUMBERS)

    def _start_child(self) -> None:
        active, self._active = self._active, None
        if active is not None:
            active.restore()
        self._held.release()


_forks = _Forks()

"""SIGTERM in children, with which pools end their workers: everything is written before it kills.

Owns the handler, and a thread that acts in its place: Python calls a handler between two steps of the main thread,
which may be inside of a C function, or about to enter one, for as long as that takes.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress

from pyexp._held_signals import HeldSignals
from pyexp._libc import load_libc
from pyexp.log.queue.exit_hooks import flush_all
from pyexp.log.queue.shared_thread import begin

_FLUSH_S = 1.0
_PATIENCE_S = 0.1  # that the main thread has, which knows best how to end

_turn = threading.Lock()  # the thread that has it ends the process
_pipe: tuple[int, int] | None = None
_held = HeldSignals()


def prepare() -> None:
    """Have SIGTERM wait until everything is written, if it would just kill.

    Only the main thread of a process can do that.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        with suppress(ValueError):  # not the main interpreter
            signal.signal(signal.SIGTERM, _write_out_and_die)
            _watch()


def _watch() -> None:
    """Have a thread learn of signals as soon as they arrive, unless an event loop does, which then wakes up."""
    global _pipe  # noqa: PLW0603 — one of the process
    reader, writer = os.pipe()
    if sys.platform != "win32":
        os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    if before >= 0:
        signal.set_wakeup_fd(before)
        os.close(reader)
        os.close(writer)
        return
    _pipe = reader, writer
    thread = threading.Thread(target=_stand_in, args=(reader,), name="pyexp-log-end", daemon=True)
    with suppress(RuntimeError):  # there can be no more threads: the handler is there
        begin(thread)


def _stand_in(reader: int) -> None:
    """Wait for SIGTERM, and end the process unless its main thread does."""
    while signal.SIGTERM not in os.read(reader, 64):
        pass
    time.sleep(_PATIENCE_S)
    _write_out_and_die(signal.SIGTERM)


def _write_out_and_die(number: int, _: object = None) -> None:
    if not _turn.acquire(blocking=False):
        return
    try:
        flush_all(_FLUSH_S)  # gives the lock away that the interrupted call may hold
    except Exception as error:  # an exit by the signal is what was asked for
        sys.stderr.write(f"pid {os.getpid()} is terminated: {error}\n")
    finally:
        load_libc().signal(number, None)  # Python's own function is the main thread's
        os.kill(os.getpid(), number)


def _is_ours() -> bool:
    return signal.getsignal(signal.SIGTERM) is _write_out_and_die


def _hold() -> None:
    if _is_ours():
        _held.hold([signal.SIGTERM])


def _start_child() -> None:
    """Leave the signal to the system again: what the child logs prepares it anew."""
    global _pipe, _turn  # noqa: PLW0603 — of the process
    _turn = threading.Lock()
    if _is_ours():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if _pipe is not None:
        if (current := signal.set_wakeup_fd(-1)) != _pipe[1]:
            signal.set_wakeup_fd(current)
        for end in _pipe:
            os.close(end)
        _pipe = None
    _held.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_hold, after_in_child=_start_child, after_in_parent=_held.release)

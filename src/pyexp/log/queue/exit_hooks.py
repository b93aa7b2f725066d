"""The writers of this process: all of them flushed, closed, or started again after a fork.

Owns the hooks at the interpreter's exit and at forks. Knows writers only by the few methods that it calls.
"""

from __future__ import annotations

import atexit
import os
import time
import weakref
from dataclasses import dataclass
from typing import Protocol

from pyexp._loaded import find_loaded
from pyexp.log.queue import shared_thread


@dataclass(slots=True)
class Flush:
    """A flush that was asked for, and its result."""

    is_done: bool = False
    error: BaseException | None = None


class Closable(Protocol):
    """What this module needs of a writer."""

    def ask(self) -> Flush:
        """Ask for a flush."""

    def wait(self, flush: Flush, timeout_s: float) -> None:
        """Wait for that flush."""

    def abandon(self) -> None:
        """Begin to close, without waiting for it."""

    def close(self, timeout_s: float) -> None:
        """Write everything and finish the file."""

    def restart_after_fork(self) -> None:
        """Start again in a forked child."""


_writers: weakref.WeakSet[Closable] = weakref.WeakSet()
_prepared_pid = 0


def add(writer: Closable) -> None:
    """Look after this writer as long as it lives."""
    _writers.add(writer)
    prepare_exit()


def flush_all(timeout_s: float = 5.0) -> None:
    """Wait until everything that any logger of this process took is in its file, all together at most *timeout_s*.

    Raises:
        LogWriteError: Some file could not be written; the others were.
    """
    deadline = time.monotonic() + timeout_s
    flushes = [(writer, writer.ask()) for writer in list(_writers)]
    errors: list[Exception] = []
    for writer, flush in flushes:
        try:
            writer.wait(flush, max(deadline - time.monotonic(), 0.0))
        except Exception as error:  # the other writers come first
            errors.append(error)
    if errors:
        raise errors[0]


def write_out(timeout_s: float = 1.0) -> None:
    """Wait for every logger of this process to write what it has; each logger reports its own failures."""
    end = time.monotonic() + timeout_s
    flushes = [writer.ask() for writer in list(_writers)]
    while not all(flush.is_done for flush in flushes) and time.monotonic() < end:
        time.sleep(0.005)


def close_all(timeout_s: float = 5.0) -> None:
    """Close every logger of this process; call it before `os._exit`.

    Takes as long as there is progress, and gives up on a file to which nothing can be written for *timeout_s*.

    Raises:
        LogWriteError: Some file could not be written; the others were.
    """
    writers = list(_writers)
    for writer in writers:
        writer.abandon()
    errors: list[Exception] = []
    for writer in writers:
        try:
            writer.close(timeout_s)
        except Exception as error:  # the other writers come first
            errors.append(error)
    if errors:
        raise errors[0]


def prepare_exit() -> None:
    """Close all writers when this process exits, once per process."""
    global _prepared_pid  # noqa: PLW0603
    if _prepared_pid == os.getpid():
        return
    _prepared_pid = os.getpid()
    atexit.register(close_all)
    # Its forked children exit by os._exit and run these instead.
    if util := find_loaded("multiprocessing.util", "Finalize"):
        util.Finalize(None, close_all, exitpriority=10)


def is_multiprocessing_child() -> bool:
    """Return whether `multiprocessing` started this process."""
    process = find_loaded("multiprocessing.process", "parent_process")
    return process is not None and process.parent_process() is not None


def _restart_after_fork() -> None:
    shared_thread.thread.reset()
    for writer in list(_writers):
        writer.restart_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_restart_after_fork)

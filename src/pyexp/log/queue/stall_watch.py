"""Notices a disk that stalls, so that callers need not look: one thread per process while any writer is awake.

Owns that thread. Knows writers only by the one method that it calls.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Protocol

PERIOD_S = 0.1


class Stallable(Protocol):
    """What this module needs of a writer."""

    def gate_if_stalled(self) -> None:
        """Make callers look at how much is pending, if the file has been at work for too long."""


class _Watch:
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start again, also in a forked child: the thread stayed with the parent."""
        self._lock = threading.Lock()
        self._awake: set[Stallable] = set()
        self._is_running = False

    def begin(self, writer: Stallable) -> None:
        with self._lock:
            self._awake.add(writer)
            if self._is_running:
                return
            self._is_running = True
        try:
            threading.Thread(target=self._run, name="pyexp-log-stalls", daemon=True).start()
        except RuntimeError:  # the interpreter is exiting: little is logged any more
            self._is_running = False

    def end(self, writer: Stallable) -> None:
        with self._lock:
            self._awake.discard(writer)

    def _run(self) -> None:
        while True:
            time.sleep(PERIOD_S)
            with self._lock:
                awake = list(self._awake)
                self._is_running = bool(awake)
            if not awake:
                return
            for writer in awake:
                writer.gate_if_stalled()


_watch = _Watch()
begin, end = _watch.begin, _watch.end

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_watch.reset)

"""Signals that wait while a thread forks, until the child has handlers of its own. Knows neither handlers nor forks."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class HeldSignals:
    """Blocks signals in the thread that forks, and in its child.

    Until the child's Python has started anew, a signal would meet the handler of the parent, and be forgotten.
    """

    def __init__(self) -> None:
        self._mask = threading.local()

    def hold(self, numbers: Iterable[int]) -> None:
        """Block these signals in this thread (not on Windows)."""
        if sys.platform != "win32":
            self._mask.before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)

    def release(self) -> None:
        """Let them through again; does nothing when none are held."""
        before = vars(self._mask).pop("before", None)
        if before is not None and sys.platform != "win32":
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

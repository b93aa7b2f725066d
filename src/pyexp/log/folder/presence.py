"""Which processes log to a folder: each holds a shared lock on the folder's marker while it does.

Owns that lock, one per folder and process; the system frees it when the process dies. Knows nothing of what is logged.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyexp._locks import NoLocksError, try_lock
from pyexp.log.folder.whereabouts import is_at
from pyexp.log.values.file_layout import MARKER

if TYPE_CHECKING:
    from pathlib import Path

_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
_PATIENCE_S = 1.0
_POLL_S = 0.001


@dataclass(slots=True)
class _Stay:
    """What this process holds of one marker."""

    descriptor: int
    users: int = 0


class _Stays:
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Hold nothing, also in a forked child: what it inherited is the parent's."""
        for stay in getattr(self, "_stays", {}).values():
            with suppress(OSError):
                os.close(stay.descriptor)
        self._lock = threading.Lock()
        self._stays: dict[tuple[int, int], _Stay] = {}

    def enter(self, folder: Path) -> tuple[tuple[int, int], bool]:
        with self._lock:
            descriptor = os.open(folder / MARKER, _FLAGS, 0o666)
            status = os.fstat(descriptor)
            key = (status.st_dev, status.st_ino)
            if key in self._stays:
                os.close(descriptor)
            else:
                self._stays[key] = _Stay(descriptor)
            stay = self._stays[key]
            stay.users += 1
            return key, _is_shared(stay.descriptor)

    def is_only(self, key: tuple[int, int], folder: Path) -> bool:
        with self._lock:
            stay = self._stays.get(key)
            if stay is None or stay.users != 1 or not is_at(stay.descriptor, folder / MARKER):
                return False
            try:
                return try_lock(stay.descriptor)
            except NoLocksError:
                return False

    def leave(self, key: tuple[int, int]) -> None:
        with self._lock:
            stay = self._stays.get(key)
            if stay is None:  # entered before the fork that made this process
                return
            stay.users -= 1
            if not stay.users:
                os.close(self._stays.pop(key).descriptor)


_stays = _Stays()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_stays.reset)


class Presence:
    """This process logs to a folder, until it says that it leaves.

    Attributes:
        has_company: Another process logged there, too, when this one began. A process that enters a folder keeps others
            from entering meanwhile. False where the file system has no locks.
    """

    def __init__(self, folder: Path) -> None:
        self._key: tuple[int, int] | None = None
        self.has_company = False
        if sys.platform != "win32":  # has no locks that several may hold
            with suppress(OSError):
                self._key, self.has_company = _stays.enter(folder)

    def is_alone(self, folder: Path) -> bool:
        """Return whether no other logger is there, of this process or another; then this one had better leave soon.

        Holds as long as others are kept from entering. False where that is not known: the file system has no locks, or
        the marker is not the one that was entered by.
        """
        return self._key is not None and _stays.is_only(self._key, folder)

    def leave(self) -> None:
        """Say that one logger less is there; once only."""
        key, self._key = self._key, None
        if key is not None:
            _stays.leave(key)


def _is_shared(descriptor: int) -> bool:
    """Return whether another process holds this marker, and hold it from now on."""
    try:
        is_alone = try_lock(descriptor)
        end = time.monotonic() + _PATIENCE_S
        while not try_lock(descriptor, shared=True) and time.monotonic() < end:
            time.sleep(_POLL_S)
    except NoLocksError:
        return False
    return not is_alone

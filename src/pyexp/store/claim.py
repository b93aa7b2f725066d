"""Which process works on a batch. A claim is a locked file that names its owner, and is unlocked when it dies."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from pyexp._files import write_atomic
from pyexp._locks import NoLocksError, try_lock, unlock
from pyexp._record import Record
from pyexp.errors import BatchOwnedError
from pyexp.store import descriptors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATIENCE_S = 0.5
_NAMING_S = 2.0
_POLL_S = 0.02
_BEAT_S = 15.0
_BELIEVED_S = 90.0
_SETTLING_S = 0.2
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)


class Owner(Record):
    """A process: host, pid, and the start time, which distinguishes it from a later process with the same pid."""

    host: str
    pid: int
    started: str

    @classmethod
    def current(cls) -> Owner:
        """Return the owner that is this process."""
        pid = os.getpid()
        return cls(host=_host(), pid=pid, started=_process_start(pid) or "")

    def facts(self) -> dict[str, str | int]:
        """Return what a file keeps of it."""
        return {"host": self.host, "pid": self.pid, "started": self.started}

    def is_dead(self) -> bool:
        """Return whether it is certain that the owner has exited; on another host nothing is certain."""
        if self.host != _host():
            return False
        started = _process_start(self.pid)
        return started is None or (bool(self.started) and started != self.started)


class Claim:
    """The claim of this process on a batch, from `take` to `release`.

    Where the file system has no locks, the owner touches its file every 15 s instead, and is considered dead 90 s after
    the last time.

    Attributes:
        is_locked: The file system has locks.
    """

    __slots__ = ("_descriptor", "_ended", "is_locked")

    def __init__(self, descriptor: int, heart: Path | None = None) -> None:
        """Take over the open owner file; *heart* is its path where it has to be touched."""
        self._descriptor = descriptor
        self.is_locked = heart is None
        self._ended = threading.Event()
        descriptors.keep(descriptor)
        if heart is not None:
            threading.Thread(target=_beat, args=(heart, self._ended), name="pyexp-owner", daemon=True).start()

    @classmethod
    def take(cls, path: Path) -> Claim:
        """Claim the batch whose owner file is *path*; a dead owner's claim is taken over.

        Raises:
            BatchOwnedError: A live process owns the batch; the message names it.
            OSError: The file cannot be written.
        """
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            with _turn(path.parent, deadline):
                try:
                    descriptor, owner = _lock_or_read(path)
                except NoLocksError:
                    return cls(_take_without_lock(path), heart=path)
            if descriptor is not None:
                return cls(descriptor)
            # Who has the lock and no name yet is about to write it.
            if time.monotonic() > (deadline if owner is not None else deadline + _NAMING_S):
                raise owned_by(path.parent.name, owner)
            # A reader that checks whether the file is locked holds the lock for a moment.
            time.sleep(_POLL_S)

    def release(self) -> None:
        """Release the batch."""
        if self._descriptor >= 0:
            descriptors.let_go(self._descriptor)
            self._ended.set()
            if self.is_locked:
                # Closing alone would leave the lock to any copy of the descriptor, such as that of a forked process.
                unlock(self._descriptor)
            else:
                with suppress(OSError):  # the batch's folder is gone
                    os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1


def owned_by(batch: str, owner: Owner | None) -> BatchOwnedError:
    """Return the error for a *batch* that *owner* works on."""
    who = f"process {owner.pid} on {owner.host}" if owner else "another process"
    return BatchOwnedError(
        f"the batch {batch!r} is being worked on by {who}: wait until it exits or terminate it, then continue"
    )


def live_owner(path: Path) -> Owner | None:
    """Return the process that works on the batch whose owner file is *path*, or None when there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        owner = _read_owner(descriptor)
        # An unlocked file means that the owner released it or died. A locked one counts unless its owner is known dead:
        # a child that inherited the descriptor may keep the lock a moment longer.
        try:
            if try_lock(descriptor, shared=True):
                return None
        except NoLocksError:
            return owner if owner is not None and _is_alive(descriptor, owner, time.time()) else None
        return None if owner is not None and owner.is_dead() else owner or Owner(host="?", pid=0, started="")
    finally:
        os.close(descriptor)


def _take_without_lock(path: Path) -> int:
    """Name this process in the owner file *path*, of a file system without locks.

    Raises:
        BatchOwnedError: The file names a process that may live; the message says until when it is believed.
    """
    descriptor = os.open(path, _FLAGS, 0o666)
    try:
        owner = _read_owner(descriptor)
        if owner is not None and owner != Owner.current() and _is_alive(descriptor, owner, _clock_of(path.parent)):
            from datetime import datetime

            until = datetime.fromtimestamp(os.fstat(descriptor).st_mtime + _BELIEVED_S).astimezone()
            raise BatchOwnedError(
                f"the batch {path.parent.name!r} is being worked on by process {owner.pid} on {owner.host}, or was "
                f"until a moment ago: this file system has no locks; if that process is dead, try again after "
                f"{until:%H:%M:%S}"
            )
        os.close(descriptor)
        write_atomic(path, json.dumps(Owner.current().facts()).encode())
        time.sleep(_SETTLING_S)  # of two that take it at once, the later one gets it
        descriptor = os.open(path, _FLAGS, 0o666)
        if (found := _read_owner(descriptor)) != Owner.current():
            raise owned_by(path.parent.name, found)
    except BaseException:
        with suppress(OSError):  # closed already
            os.close(descriptor)
        raise
    return descriptor


def _is_alive(descriptor: int, owner: Owner, now: float) -> bool:
    """Return whether the process that a file without a lock names is considered alive."""
    return not owner.is_dead() and now - os.fstat(descriptor).st_mtime < _BELIEVED_S


def _clock_of(folder: Path) -> float:
    """Return the time by the clock of the file system, which may be that of another machine."""
    place = folder / f".clock-{os.getpid()}"
    try:
        place.touch()
        return place.stat().st_mtime
    except OSError:
        return time.time()
    finally:
        with suppress(OSError):
            place.unlink()


def _beat(path: Path, ended: threading.Event) -> None:
    """Touch the owner file *path* until the claim has ended."""
    while not ended.wait(_BEAT_S):
        with suppress(OSError):  # the file system is unreachable for a while
            os.utime(path)


@contextmanager
def _turn(folder: Path, deadline: float) -> Iterator[None]:
    """Have one process after the other inspect the claim on *folder*, inside the block.

    Between the lock and its owner's name a fresh claim looks like that of a dead owner. Where a folder cannot be locked
    (Windows, some network file systems), or when the process whose turn it is does not continue, none is kept out.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        yield
        return
    try:
        with suppress(OSError):
            while not try_lock(descriptor) and time.monotonic() < deadline:
                time.sleep(_POLL_S)
        yield
    finally:
        with suppress(OSError):
            unlock(descriptor)  # closing alone would leave the lock to a process that was forked meanwhile
        os.close(descriptor)


def _lock_or_read(path: Path) -> tuple[int | None, Owner | None]:
    """Lock the file *path* and name this process in it; return its descriptor, or else its owner, if it names one.

    When a child of a dead owner keeps the lock, a new file takes the place of the locked one.
    """
    while True:
        owner = None
        descriptor = os.open(path, _FLAGS, 0o666)
        try:
            if is_locked := try_lock(descriptor):
                os.ftruncate(descriptor, 0)
                os.lseek(descriptor, 0, os.SEEK_SET)
                os.write(descriptor, json.dumps(Owner.current().facts()).encode())
                if _is_still_named(descriptor, path):
                    return descriptor, None
            else:
                owner = _read_owner(descriptor)
        except BaseException:  # re-raised, whatever it is; the lock must not stay
            os.close(descriptor)
            raise
        os.close(descriptor)
        if not is_locked:
            if owner is None or not owner.is_dead():
                return None, owner
            with suppress(FileNotFoundError):
                path.unlink()


def _is_still_named(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _read_owner(descriptor: int) -> Owner | None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        return Owner(**json.loads(os.read(descriptor, 4096)))
    except (ValueError, TypeError):
        return None


def _host() -> str:
    import socket  # looking for an owner where there is none needs no name

    return socket.gethostname()


def _process_start(pid: int) -> str | None:
    """Return when the process *pid* started, as the system spells it; "" if unknown, None if there is no process."""
    if sys.platform == "linux":
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                # The command's name may hold spaces and parentheses: the numbers start after the last one.
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            return None
        is_zombie = fields[0] in (b"Z", b"X")
        return None if is_zombie else fields[19].decode()
    if sys.platform == "win32":
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return ""

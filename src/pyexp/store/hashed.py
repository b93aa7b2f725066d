"""Git's hashes of large files from earlier snapshots: an unchanged one is not read again. One file per work tree."""

from __future__ import annotations

import marshal
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from pyexp._files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping

    Hashed = tuple[str, str]
    _State = tuple[int, int, int, int, int]

# A file that was written just before it was read may have changed since with the same time stamp.
_TICK_NS = 2_000_000_000
# Git itself must know the state of small ones: by it a run finds which sources have changed.
_LARGE_BYTES = 100_000


class HashedFiles:
    """Mode and hash of files by their state, kept in the file *path*.

    Two starts at once each read and replace the file as a whole: the later one's stays.
    """

    def __init__(self, path: str, top: str) -> None:
        self._path = path
        self._top = top
        self._states: dict[str, _State] = {}
        self._known: dict[str, tuple[_State, str, str]] = {}
        # No file yet, or one that a power cut has damaged: everything is hashed again.
        with suppress(OSError, ValueError, EOFError, TypeError), open(path, "rb") as file:
            kept = marshal.load(file)  # noqa: S302 — our own file
            self._known = kept if isinstance(kept, dict) else {}

    def find(self, path: str) -> Hashed | None:
        """Return mode and hash of the file *path* if it has not changed."""
        known = self._known.get(path)
        state = self._states[path] = _state(os.path.join(self._top, path))
        return known[1:] if known is not None and known[0] == state and state[0] >= _LARGE_BYTES else None

    def keep(self, found: Mapping[str, Hashed], started_ns: int) -> None:
        """Keep *found*, which were looked for before, and nothing else."""
        kept = {
            path: (state, *hashed)
            for path, hashed in found.items()
            if (state := self._states[path])[0] >= _LARGE_BYTES and max(state[1:3]) < started_ns - _TICK_NS
        }
        if kept != self._known:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            write_atomic(self._path, marshal.dumps(kept))


def _state(path: str) -> _State:
    try:
        found = os.lstat(path)
    except OSError:
        return (0, 0, 0, 0, 0)
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_mode

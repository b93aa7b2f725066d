"""A place for what git writes until it is complete: a call that fails or is killed leaves nothing in the repository."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Git itself gives such folders such names.
_PREFIX = "tmp_objdir-pyexp-"
_STALE_S = 3600


class Quarantine:
    """A folder in the folder *objects* of a repository, for the time of a ``with`` block.

    Attributes:
        environment: With it, git reads the repository and writes to the folder.
        started_ns: Time when it was made, by the clock of the file system or this machine's, whichever is earlier.
    """

    environment: Mapping[str, str]
    started_ns: int

    def __init__(self, objects: str) -> None:
        self._objects = os.path.abspath(objects)

    def __enter__(self) -> Self:
        self._remove_stale()
        before_ns = time.time_ns()
        self._folder = tempfile.mkdtemp(prefix=_PREFIX, dir=self._objects)
        self.started_ns = min(before_ns, os.stat(self._folder).st_mtime_ns)
        self._written = os.path.join(self._folder, "objects")
        os.mkdir(self._written)
        others = [_quoted(self._objects), os.environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")]
        self.environment = {
            "GIT_OBJECT_DIRECTORY": self._written,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.pathsep.join(filter(None, others)),
        }
        return self

    def __exit__(self, *_error: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def copy_index(self, index: str) -> str:
        """Copy the file *index*, if there is one, and return the copy's path."""
        copy = os.path.join(self._folder, "index")
        with suppress(FileNotFoundError):
            # It knows which files are unchanged; git checks those that were written after it again.
            shutil.copy2(index, copy)
        return copy

    def release(self) -> None:
        """Move what git has written to the repository."""
        # A pack becomes visible by its index.
        for path in sorted(_files(self._written), key=lambda path: path.endswith(".idx")):
            target = os.path.join(self._objects, os.path.relpath(path, self._written))
            if not os.path.exists(target):  # two starts may write the same
                os.makedirs(os.path.dirname(target), exist_ok=True)
                os.replace(path, target)

    def _remove_stale(self) -> None:
        """Remove what killed starts have left."""
        with os.scandir(self._objects) as entries:
            for entry in entries:
                with suppress(OSError):
                    if entry.name.startswith(_PREFIX) and entry.stat().st_mtime < time.time() - _STALE_S:
                        shutil.rmtree(entry.path, ignore_errors=True)


def _files(folder: str) -> Iterator[str]:
    for parent, _, names in os.walk(folder):
        yield from (os.path.join(parent, name) for name in names)


def _quoted(path: str) -> str:
    """Return *path* as an entry of a list of paths, as git reads it."""
    if os.pathsep not in path and not path.startswith('"'):
        return path
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

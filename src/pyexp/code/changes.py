"""Which of the user's loaded source files have changed since the start, where no snapshot keeps their code."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    State = tuple[int, int, int, int]
    Noted = tuple[int, int, int, int, str]

MOST_DIGESTS = 10_000


def note_loaded() -> dict[str, Noted]:
    """Note the state of the source files of all loaded modules that are the user's own, by path.

    Those of Python, of installed packages and of this library are left out; an editable install counts as the user's.
    """
    return {path: noted for path in _user_files() if (noted := _note(path)) is not None}


def changed(noted: Mapping[str, Noted]) -> list[str]:
    """Return the files of *noted* whose content has changed, or that are gone, in order."""
    return sorted(path for path, then in noted.items() if not _is_same(path, then))


def _user_files() -> Iterator[str]:
    installed = _installed_folders()
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and path.endswith(".py") and not path.startswith(installed):
            path = os.path.abspath(path)
            if not path.startswith(installed) and not _is_installed(path):
                yield path


def _is_installed(path: str) -> bool:
    return not {"site-packages", "dist-packages"}.isdisjoint(path.split(os.sep))


def _installed_folders() -> tuple[str, ...]:
    import sysconfig

    names = ("stdlib", "platstdlib", "purelib", "platlib")
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    folders = {own, *(os.path.abspath(sysconfig.get_path(name)) for name in names)}
    return tuple(sorted(folder + os.sep for folder in folders))


def _note(path: str) -> Noted | None:
    try:
        state = _state(path)
        return *state, _digest(path, state)
    except OSError:
        return None


def _is_same(path: str, then: Noted) -> bool:
    """Return whether the file has the content of *then*, also after it was touched, or checked out back and forth."""
    try:
        found = _state(path)
        return found == then[:-1] or (found[0] == then[0] and _digest(path, found) == then[-1])
    except OSError:
        return False


def _state(path: str) -> State:
    found = os.stat(path)
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


@lru_cache(MOST_DIGESTS)
def _digest(path: str, _state: State) -> str:
    """Return the digest of a file's content, which is read once in each state: a process may start many batches."""
    import hashlib

    with open(path, "rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()

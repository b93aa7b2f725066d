"""Finding runs below a folder. Owns what makes a folder a run; reads no log."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from pyexp.log.jsonlines.layout import FOLDERS
from pyexp.log.values.file_layout import EVENTS_NAME, MARKER

if TYPE_CHECKING:
    from collections.abc import Iterator

_OBJECT_FOLDERS: Final = frozenset(FOLDERS.values())


def is_run(folder: str | os.PathLike[str]) -> bool:
    """Return whether this folder was logged to."""
    return any(os.path.isfile(os.path.join(folder, name)) for name in (MARKER, EVENTS_NAME))


def find_runs(folder: str | os.PathLike[str]) -> Iterator[str]:
    """Yield the runs at or below *folder*, by name: relative, with ``/`` between the parts, ``.`` for itself.

    Links are not followed, and folders that vanish meanwhile are skipped. A run may hold further runs, but not
    where it keeps the objects of its iterations.
    """
    pending = [("", False)]
    while pending:
        name, is_iteration = pending.pop()
        try:
            with os.scandir(os.path.join(folder, name)) as listing:
                found = list(listing)
        except OSError:
            continue
        here = any(entry.name in (MARKER, EVENTS_NAME) and entry.is_file(follow_symlinks=False) for entry in found)
        if here:
            yield name or "."
        for entry in sorted(found, key=lambda entry: entry.name, reverse=True):
            is_ours = (here and entry.name.startswith(".")) or (is_iteration and entry.name in _OBJECT_FOLDERS)
            if not is_ours and _is_folder(entry):
                below = f"{name}/{entry.name}" if name else entry.name
                pending.append((below, here and entry.name.lstrip("-").isdecimal()))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False

"""Finding runs below a folder. Owns what makes a folder a run; reads no log."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER: Final = ".pyexp"
FILE_NAME: Final = "events.pb"


def is_run(folder: str | os.PathLike[str]) -> bool:
    """Whether somebody logged into this folder."""
    return any(os.path.isfile(os.path.join(folder, name)) for name in (MARKER, FILE_NAME))


def find_runs(folder: str | os.PathLike[str]) -> Iterator[str]:
    """Yield the runs at or below *folder*, by name: relative, with ``/`` between the parts, ``.`` for itself.

    Links are not followed, and folders that vanish meanwhile are passed over. A run may hold further runs, but not in
    the folders of its iterations.
    """
    pending = [""]
    while pending:
        name = pending.pop()
        try:
            with os.scandir(os.path.join(folder, name)) as listing:
                found = list(listing)
        except OSError:
            continue
        here = any(entry.name in (MARKER, FILE_NAME) and entry.is_file(follow_symlinks=False) for entry in found)
        if here:
            yield name or "."
        below = [entry.name for entry in found if _may_hold_runs(entry, is_inside_run=here)]
        pending += [f"{name}/{child}" if name else child for child in sorted(below, reverse=True)]


def _may_hold_runs(entry: os.DirEntry[str], *, is_inside_run: bool) -> bool:
    try:
        if not entry.is_dir(follow_symlinks=False):
            return False
    except OSError:
        return False
    return not (is_inside_run and (entry.name.lstrip("-").isdecimal() or entry.name.startswith(".")))

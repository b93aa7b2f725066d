"""Which event files make which run: found below a folder, one run per folder. Owns the runs' names; reads no file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyexp.errors import LogError
from pyexp.log import is_run

if TYPE_CHECKING:
    from collections.abc import Collection

_FILES = "*tfevents*"
_EMPTY_SUFFIX = ".profile-empty"  # marks a profile in the same folder, and holds no event


def find_files(source: Path) -> dict[Path, list[Path]]:
    """Return the event files at or below *source* by folder, each folder relative to it.

    Raises:
        FileNotFoundError: There is no such file or folder, or no event file in it.
    """
    if source.is_file():
        return {Path(): [source]}
    if not source.exists():
        raise FileNotFoundError(
            f"no file or folder {str(source)!r}: give the folder that `tensorboard --logdir` is given, or an event file"
        )
    folders: dict[Path, list[Path]] = {}
    for path in sorted(source.rglob(_FILES)):
        if path.is_file() and not path.name.endswith(_EMPTY_SUFFIX):
            folders.setdefault(path.parent.relative_to(source), []).append(path)
    if not folders:
        raise FileNotFoundError(
            f"no event file of TensorBoard ({_FILES}) in {str(source)!r} or below: give the folder that "
            "`tensorboard --logdir` is given"
        )
    return dict(sorted(folders.items()))


def name_runs(folders: Collection[Path], target: Path) -> dict[Path, Path]:
    """Return for each folder the one of its run below *target*: named alike, unless a reader would skip it.

    Below a run, folders named by a number hold iterations, and those with a dot in front are hidden: such a name gets
    the prefix ``run_``.

    Raises:
        LogError: A run's folder holds a log already.
    """
    given = {folder for run in folders for folder in (run, *run.parents)}
    names: dict[Path, Path] = {Path(): Path()}
    for folder in sorted(given - {Path()}):
        is_below_run = any(above in folders for above in folder.parents)
        name = visible_name(folder.name) if is_below_run else folder.name
        while name != folder.name and names[folder.parent] / name in given:
            name += "_"
        names[folder] = names[folder.parent] / name
    for run in folders:
        if is_run(target / names[run]):
            raise LogError(
                f"{str(target / names[run])!r} holds a log already: convert to another folder, or remove it first"
            )
    return {run: target / names[run] for run in folders}


def visible_name(name: str) -> str:
    """Return the name of a folder below a run's, changed where a reader would skip it; see `name_runs`."""
    return f"run_{name}" if name.lstrip("-").isdecimal() or name.startswith(".") else name

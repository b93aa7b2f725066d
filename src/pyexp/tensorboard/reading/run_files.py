"""Which event files make which run: found below a folder, one run per folder. Owns the runs' names; reads no file."""

from __future__ import annotations

from collections import deque
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from pyexp.errors import LogError
from pyexp.log import is_run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

_FILES = "*tfevents*"
_EMPTY_SUFFIX = ".profile-empty"  # marks a profile in the same folder, and holds no event


def find_files(source: Path, note: Callable[[str], object] | None = None) -> dict[Path, list[Path]]:
    """Return the event files at or below *source* by folder, each folder relative to it.

    Links to folders are followed, each folder once. Of links that lead back to a folder above them, and of folders that
    cannot be read, *note* is called with a sentence.

    Raises:
        FileNotFoundError: There is no such file or folder, or no event file in it.
    """
    if source.is_file():
        return {Path(): [source]}
    if not source.exists():
        raise FileNotFoundError(
            f"no file or folder {str(source)!r}: give the folder that `tensorboard --logdir` is given, or an event file"
        )
    found = ((folder, _event_files(entries)) for folder, entries in _walk(source, note or (lambda _: None)))
    folders = {folder: files for folder, files in found if files}
    if not folders:
        raise FileNotFoundError(
            f"no event file of TensorBoard ({_FILES}) in {str(source)!r} or below: give the folder that "
            "`tensorboard --logdir` is given"
        )
    return {folder.relative_to(source): files for folder, files in sorted(folders.items())}


def _event_files(entries: list[Path]) -> list[Path]:
    """Return the event files among the entries of a folder, each once, whatever links to them there are."""
    named = [path for path in entries if fnmatch(path.name, _FILES) and not path.name.endswith(_EMPTY_SUFFIX)]
    files: dict[tuple[int, int], Path] = {}
    for path in sorted(named, key=Path.is_symlink):
        if path.is_file():
            status = path.stat()
            files.setdefault((status.st_dev, status.st_ino), path)
    return sorted(files.values())


def _walk(source: Path, note: Callable[[str], object]) -> Iterator[tuple[Path, list[Path]]]:
    """Yield each folder at or below *source* once, with its entries; folders come before links to them."""
    seen: set[tuple[int, int]] = set()
    pending, links = [source], deque[Path]()
    while pending or links:
        folder = pending.pop() if pending else links.popleft()
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                if any(folder.samefile(above) for above in folder.parents if above.is_relative_to(source)):
                    note(f"not followed, as it leads back to a folder above it: {str(folder)!r}")
                continue
            entries = sorted(folder.iterdir())
        except OSError as error:
            note(f"left out, as it cannot be read: {str(folder)!r} ({error.strerror or error})")
            continue
        seen.add((status.st_dev, status.st_ino))
        yield folder, entries
        below = [entry for entry in entries if entry.is_dir()]
        links += [entry for entry in below if entry.is_symlink()]
        pending += [entry for entry in reversed(below) if not entry.is_symlink()]


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

"""Finds batches and run folders below the folder that the viewer was given, again and again, at little cost.

Owns what counts as a run and which folders are looked into; links are never followed. A folder is listed again only
when its modification time moved, so that a sweep over thousands of finished runs is one `stat` each. Knows nothing of
what the page shows.
"""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pyexp.errors import PyexpError
from pyexp.log import EVENTS_NAME, MARKER, SCALARS_NAME
from pyexp.store import layout
from pyexp.store.batch import Batch
from pyexp.store.claim import live_owner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyexp.store.index import RunRecord

_EVENT_FILES: Final = frozenset({MARKER, EVENTS_NAME, SCALARS_NAME})
_RUN_FILES: Final = _EVENT_FILES | {layout.STATUS}
_DEPTH_LIMIT: Final = 24
_FOLDER_LIMIT: Final = 200_000
# A folder changed again within the clock's tick keeps its time; one listed so soon after a change is listed again.
_SETTLE_NS: Final = 2_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """What a folder holds, as far as the viewer cares."""

    subfolders: tuple[str, ...] = ()
    is_batch: bool = False
    is_run: bool = False
    has_events: bool = False
    has_output: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBatch:
    """A batch and the state of its runs.

    Attributes:
        folders: Of the runs, in the order of `records`; made once: thousands of paths cost more than their `stat`.
    """

    batch: Batch
    records: tuple[RunRecord, ...]
    folders: tuple[Path, ...]
    is_live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRun:
    """A folder with a log, or with a run's status, that is in no batch."""

    path: Path


class Discovery:
    """The walk over *root*, with what it remembers from one time to the next.

    Attributes:
        notices: Sentences about what the last walk could not show.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._root_key = os.fspath(root)
        self._listed: dict[str, tuple[int, int, Folder]] = {}
        self._before = self._listed
        self._records: dict[Path, tuple[object, FoundBatch]] = {}
        self.notices: list[str] = []

    def walk(self) -> Iterator[FoundBatch | FoundRun]:
        """Yield what is there now; folders that vanish meanwhile are left out."""
        self.notices = []
        self._before, self._listed = self._listed, {}
        if (whole := self._batch_around_root()) is not None:
            yield whole
            return
        stack = [(self._root, 0)]
        while stack:
            path, depth = stack.pop()
            folder = self.look(path)
            known: dict[str, Path] = {}
            if folder.is_batch and (found := self._open_batch(path)) is not None:
                known = dict(zip((record.folder for record in found.records), found.folders, strict=True))
                yield found
            elif folder.is_run:
                yield FoundRun(path=path)
            if folder.subfolders and depth >= _DEPTH_LIMIT:
                self.notices.append(f"Folders below {path.name!r} are not searched: they are nested too deeply.")
                continue
            for name in folder.subfolders:
                if (below := known.get(name)) is None:
                    stack.append((path / name, depth + 1))
                elif inner := self.look(below).subfolders:
                    stack.extend((below / deeper, depth + 2) for deeper in inner)
            if len(self._listed) > _FOLDER_LIMIT:
                self.notices.append(
                    f"Only {_FOLDER_LIMIT:,} folders are searched: open one further down to see the rest."
                )
                return

    def look(self, path: Path) -> Folder:
        """Return what the folder *path* holds, nothing if it is missing or a link; one look serves a whole walk."""
        key = os.fspath(path)
        if (looked := self._listed.get(key)) is not None:
            return looked[2]
        try:
            info = os.lstat(key) if key != self._root_key else os.stat(key)
            if not stat.S_ISDIR(info.st_mode):
                return Folder()
            cached = self._before.get(key)
            if cached is not None and cached[0] == info.st_mtime_ns and cached[1] - info.st_mtime_ns > _SETTLE_NS:
                self._listed[key] = cached
                return cached[2]
            listed_at = time.time_ns()
            folder = _list_folder(key)
        except OSError:
            return Folder()
        self._listed[key] = (info.st_mtime_ns, listed_at, folder)
        return folder

    def _batch_around_root(self) -> FoundBatch | None:
        """Find the batch of which the root is one run, reduced to that run."""
        parent = self._root.parent
        if not (parent / layout.RUNS).is_file() or (self._root / layout.RUNS).is_file():
            return None
        found = self._open_batch(parent)
        if found is None or self._root.name not in found.batch.folders:
            return None
        only = found.batch.folders.index(self._root.name)
        batch = Batch(parent, shape=(1,), axes={}, cells=[self._root.name])
        return FoundBatch(
            batch=batch, records=(found.records[only],), folders=(found.folders[only],), is_live=found.is_live
        )

    def _open_batch(self, path: Path) -> FoundBatch | None:
        paths = layout.BatchPaths(path)
        is_live = live_owner(paths.owner) is not None
        index = _signature(paths.index)
        # Without an index the runs' own files tell, which have no common time: look again every other second.
        moment = None if index is not None else int(time.monotonic() / 2)
        state = (is_live, index, _signature(paths.runs), moment)
        cached = self._records.get(path)
        if cached is not None and cached[0] == state:
            return cached[1]
        try:
            batch = Batch.open(path)
            records = tuple(batch.records())
            folders = tuple(batch.run(record.folder).root for record in records)
            found = FoundBatch(batch=batch, records=records, folders=folders, is_live=is_live)
        except Exception as error:  # whatever one folder holds must not hide the others
            self.notices.append(
                str(error) if isinstance(error, PyexpError) else f"{path.name!r} is unreadable: {error}"
            )
            return None
        self._records[path] = (state, found)
        return found


def _list_folder(path: str) -> Folder:
    names = set()
    subfolders = []
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                subfolders.append(entry.name)
            elif entry.is_file(follow_symlinks=False):
                names.add(entry.name)
    is_run = not names.isdisjoint(_RUN_FILES)
    # The iterations of the JSONL format are folders of digits; there may be thousands, and no run is in them.
    searched = [name for name in subfolders if not name.startswith(".") and not (is_run and name.isdigit())]
    return Folder(
        subfolders=tuple(sorted(searched)),
        is_batch=layout.RUNS in names,
        is_run=is_run,
        has_events=not names.isdisjoint(_EVENT_FILES),
        has_output=layout.LOG in names,
    )


def _signature(path: Path) -> tuple[int, int, int] | None:
    try:
        info = os.lstat(path)
    except OSError:
        return None
    return (info.st_ino, info.st_size, info.st_mtime_ns)

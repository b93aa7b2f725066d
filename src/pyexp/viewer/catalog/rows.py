"""Batches and runs as the page lists them: made from what the walk found, under opaque ids.

Owns the fields of the protocol's batch and run objects; does not know what changed since when.
"""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from pyexp.errors import DamagedFileError
from pyexp.log import EVENTS_NAME, MARKER, SCALARS_NAME
from pyexp.store.index import STATE_FIELDS, RunRecord
from pyexp.store.layout import STATUS, timestamp_key
from pyexp.store.status import load_status
from pyexp.task import RunState, Status
from pyexp.viewer.protocol.ids import stable_id
from pyexp.viewer.protocol.names import cut_name, natural_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pyexp.viewer.catalog.folder_walk import Folder, FoundBatch
    from pyexp.viewer.settings import Root

_FRESH_S: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEntry:
    """One batch, as the page lists it; its fields are the protocol's."""

    id: int
    name: str
    experiment: str | None = None
    timestamp: str | None = None
    started: float | None = None
    live: bool = False
    shape: tuple[int, ...] = ()
    axes: dict[str, Any] = field(default_factory=dict)
    total: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the batch object of the protocol."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """One run, as the page lists it; its fields but `path` are the protocol's."""

    id: int
    batch: int
    name: str
    folder: str
    status: str
    state: RunRecord
    events: bool
    output: bool
    position: int
    path: Path = field(compare=False)

    def to_json(self) -> dict[str, Any]:
        """Return the run object of the protocol."""
        state = {name: getattr(self.state, name) for name in STATE_FIELDS}
        state["error"] = cut_name(self.state.error) if self.state.error else None
        own = {name: getattr(self, name) for name in self.__slots__ if name not in ("path", "state")}
        return state | {"duration": self.state.duration} | own


def batch_entry(found: FoundBatch, root: Root) -> BatchEntry:
    """Return the entry of a batch below *root*."""
    folder = found.batch.paths.root
    return BatchEntry(
        id=stable_id("batch", root.relative(folder)),
        experiment=cut_name(root.prefix + folder.parent.name),
        timestamp=cut_name(folder.name),
        name=cut_name(f"{root.prefix}{folder.parent.name}/{folder.name}"),
        started=_started(folder),
        live=found.is_live,
        shape=found.batch.shape,
        axes={cut_name(str(name)): [_plain(part) for part in values] for name, values in found.batch.axes.items()},
        total=len(found.records),
    )


def batch_runs(found: FoundBatch, batch: int, root: Root, folders: Sequence[Folder]) -> list[RunEntry]:
    """Return the entries of a batch's runs, whose folders hold *folders*."""
    entries = []
    runs = zip(found.records, found.folders, folders, strict=True)
    for position, (record, path, holds) in enumerate(runs):
        entries.append(
            RunEntry(
                id=stable_id("run", root.relative(path)),
                batch=batch,
                name=cut_name(record.name),
                folder=cut_name(record.folder),
                status=record.status.value,
                state=record,
                events=holds.has_events,
                output=holds.has_output,
                position=position,
                path=path,
            )
        )
    return entries


def folder_entry(path: Path, root: Root, label: str) -> BatchEntry:
    """Return the entry that stands in for the batch of the lone run in *path*: its parent folder."""
    group = _group_of(path, root)
    name = root.relative(group)
    return BatchEntry(id=stable_id("folder", name), name=label if group == root.path else cut_name(name))


def lone_run(path: Path, root: Root, holds: Folder) -> RunEntry:
    """Return the entry of a run that is in no batch."""
    known = read_status(path)
    is_growing = _grew_lately(path)
    if known is None:
        status = "running" if is_growing else "log"
    elif known.status is Status.RUNNING and not is_growing:
        # Outside a batch no owner can be checked; a log that grows shows that the run is alive.
        status = Status.INTERRUPTED.value
    else:
        status = known.status.value
    return RunEntry(
        id=stable_id("run", root.relative(path)),
        batch=stable_id("folder", root.relative(_group_of(path, root))),
        name=cut_name(path.name or str(path)),
        folder=cut_name(path.name),
        status=status,
        state=RunRecord.of(path.name, path.name, known or RunState(attempts=1)),
        events=holds.has_events,
        output=holds.has_output,
        position=0,
        path=path,
    )


def number_lone_runs(runs: list[RunEntry]) -> list[RunEntry]:
    """Number the runs of each folder that are in no batch, by the time their logs began, then by name.

    A run that comes later comes last, so the others keep their positions, and with them their colours.
    """
    ordered = sorted(runs, key=lambda run: (run.batch, _begun(run.path), natural_key(run.name)))
    numbered = []
    for _, group in groupby(ordered, key=lambda run: run.batch):
        numbered += [replace(run, position=place) for place, run in enumerate(group)]
    return numbered


def _begun(path: Path) -> float:
    try:
        return os.lstat(path / MARKER).st_mtime
    except OSError:
        return 0.0


def read_status(path: Path) -> RunState | None:
    """Read the status of the run in *path*; None where it cannot be read or is a link."""
    place = path / STATUS
    try:
        return load_status(place) if stat.S_ISREG(os.lstat(place).st_mode) else None
    except (DamagedFileError, OSError):
        return None


def _group_of(path: Path, root: Root) -> Path:
    return path if path == root.path else path.parent


def _started(folder: Path) -> float | None:
    key = timestamp_key(folder.name)
    if key is None:
        return None
    try:
        moment = datetime.strptime(key[0], "%Y-%m-%d_%H-%M-%S")  # noqa: DTZ007 — local time, as a person wrote it
    except ValueError:
        return None
    return moment.timestamp() + min(key[1], 1000) / 1000


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, float)) or value is None else cut_name(str(value))


def _grew_lately(path: Path) -> bool:
    now = time.time()
    for name in (EVENTS_NAME, SCALARS_NAME):
        try:
            if now - os.lstat(path / name).st_mtime < _FRESH_S:
                return True
        except OSError:
            continue
    return False

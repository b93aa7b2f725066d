"""What there is to look at: batches and runs under opaque ids, with revisions so that a page is sent only changes.

Owns the revisions; does not know how folders are searched (`folder_walk`), how entries are made (`rows`), and what
is in an event log.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pyexp.viewer.catalog.folder_walk import Discovery, FoundBatch, FoundRun
from pyexp.viewer.catalog.rows import (
    BatchEntry,
    RunEntry,
    batch_entry,
    batch_runs,
    folder_entry,
    lone_run,
    number_lone_runs,
)
from pyexp.viewer.protocol.errors import UnknownIdError
from pyexp.viewer.protocol.names import cut_name
from pyexp.viewer.settings import Root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyexp.viewer.catalog.folder_walk import Folder

RUN_LIMIT: Final = 20_000
_KEPT_REMOVALS: Final = 10_000

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class _Shelf(Generic[Entry]):
    """Entries by id, each with the revision at which it last changed, and the ids that went.

    Never changed but replaced, since it is made in one thread and read in another.
    """

    entries: dict[int, Entry] = field(default_factory=dict)
    changed: dict[int, int] = field(default_factory=dict)
    gone: dict[int, int] = field(default_factory=dict)

    def after(self, entries: dict[int, Entry], revision: int) -> _Shelf[Entry]:
        """Return the shelf for *entries* at *revision*; this same one when nothing changed."""
        altered = [
            key for key, entry in entries.items() if (known := self.entries.get(key)) is not entry and known != entry
        ]
        removed = self.entries.keys() - entries.keys()
        if not altered and not removed:
            return self
        changed = self.changed | dict.fromkeys(altered, revision)
        gone = self.gone | dict.fromkeys(removed, revision)
        return _Shelf(
            entries,
            {key: when for key, when in changed.items() if key in entries},
            {key: when for key, when in gone.items() if key not in entries},
        )

    def since(self, revision: int) -> tuple[list[Entry], list[int]]:
        """Return the entries that changed after *revision*, and the ids removed after it."""
        changed = [self.entries[key] for key, when in self.changed.items() if when > revision]
        return changed, [key for key, when in self.gone.items() if when > revision]


@dataclass(frozen=True, slots=True)
class _Made:
    """The entries of a batch and of its runs, and what they were made from."""

    found: FoundBatch
    folders: list[Folder]
    batch: BatchEntry
    entries: list[RunEntry]


class Catalog:
    """The batches and runs below the folders that the viewer was given.

    Attributes:
        roots: The folders.
        revision: Rises whenever anything in the catalogue changes.
        notice: A sentence for the page about what is not shown, or None.
    """

    def __init__(self, *roots: Root | Path) -> None:
        self.roots = tuple(root if isinstance(root, Root) else Root(path=root) for root in roots)
        self.revision = 0
        self.notice: str | None = None
        self._walks = [(root, Discovery(root.path)) for root in self.roots]
        self._batches: _Shelf[BatchEntry] = _Shelf()
        self._runs: _Shelf[RunEntry] = _Shelf()
        self._by_path: dict[str, int] = {}
        self._oldest = 0
        self._made: dict[tuple[Root, Path], _Made] = {}

    @property
    def label(self) -> str:
        """The root's name, for the page's title."""
        return cut_name(" + ".join(root.name or root.path.name or str(root.path) for root in self.roots))

    @property
    def is_live(self) -> bool:
        """Whether any batch has an owner that lives, or a lone log grows."""
        return any(batch.live for batch in self._batches.entries.values()) or any(
            run.status == "running" for run in self._runs.entries.values()
        )

    def scan(self) -> bool:
        """Look at what is there now; returns whether anything changed. Reads files: call it off the loop."""
        notice = self.notice
        batches, runs = self._collect()
        revision = self.revision + 1
        shown_batches, shown_runs = self._batches.after(batches, revision), self._runs.after(runs, revision)
        if shown_batches is self._batches and shown_runs is self._runs and notice == self.notice:
            return False
        self._batches, self._runs = shown_batches, self._without_old_removals(shown_runs)
        self._by_path = {os.fspath(run.path): run.id for run in runs.values()}
        self.revision = revision
        return True

    def run(self, key: int) -> RunEntry:
        """Return the run with the id *key*.

        Raises:
            UnknownIdError: There is none.
        """
        try:
            return self._runs.entries[key]
        except KeyError:
            raise UnknownIdError from None

    def runs(self, keys: list[int]) -> list[RunEntry]:
        """Return the runs with these ids; unknown ids are left out."""
        return [run for key in keys if (run := self._runs.entries.get(key)) is not None]

    def batch_of(self, run: RunEntry) -> str:
        """Return the name of the batch that *run* is in; empty when it is gone by now."""
        batch = self._batches.entries.get(run.batch)
        return "" if batch is None else batch.name

    def run_at(self, path: str) -> int | None:
        """Return the id of the run whose folder holds *path*, if any."""
        shortest = min(len(os.fspath(root.path)) for root in self.roots)
        while len(path) >= shortest:
            if (key := self._by_path.get(path)) is not None:
                return key
            path, _, name = path.rpartition(os.sep)
            if not name:
                break
        return None

    def to_json(self) -> dict[str, Any]:
        """Return the whole catalogue as the protocol spells it."""
        batches = sorted(self._batches.entries.values(), key=lambda batch: -(batch.started or 0))
        return {
            "rev": self.revision,
            "root": self.label,
            "notice": self.notice,
            "batches": [batch.to_json() for batch in batches],
            "runs": [run.to_json() for run in self._runs.entries.values()],
        }

    def changes_since(self, revision: int) -> dict[str, Any]:
        """Return the message that brings a page from *revision* up to date."""
        if revision < self._oldest or revision > self.revision:
            return {"type": "catalog", "rev": self.revision, "reload": True}
        batches, gone_batches = self._batches.since(revision)
        runs, gone_runs = self._runs.since(revision)
        return {
            "type": "catalog",
            "rev": self.revision,
            "notice": self.notice,
            "batches": [batch.to_json() for batch in batches],
            "runs": [run.to_json() for run in runs],
            "gone": {"batches": gone_batches, "runs": gone_runs},
        }

    def _collect(self) -> tuple[dict[int, BatchEntry], dict[int, RunEntry]]:
        batches: dict[int, BatchEntry] = {}
        runs: dict[int, RunEntry] = {}
        lone: list[RunEntry] = []
        made: dict[tuple[Root, Path], _Made] = {}
        left_out = 0
        for root, walk, found in self._walk():
            if isinstance(found, FoundBatch):
                key = (root, found.batch.paths.root)
                made[key] = each = self._make(found, self._made.get(key), root, walk)
                batch, entries = each.batch, each.entries
            else:
                batch = folder_entry(found.path, root, root.name or self.label)
                entries = [lone_run(found.path, root, walk.look(found.path))]
                lone += entries
            if len(runs) + len(entries) > RUN_LIMIT:
                left_out += len(entries)
                continue
            batches.setdefault(batch.id, batch)
            runs.update((run.id, run) for run in entries)
        runs.update((run.id, run) for run in number_lone_runs(lone) if run.id in runs)
        notices = [_missing(root) for root in self.roots if not root.path.is_dir()]
        notices += [notice for _, walk in self._walks for notice in walk.notices[:3]]
        if left_out:
            notices.append(f"{left_out:,} runs are not shown; open a folder further down to see them.")
        self.notice = " ".join(notices) or None
        self._made = made
        return batches, runs

    def _make(self, found: FoundBatch, last: _Made | None, root: Root, walk: Discovery) -> _Made:
        """Make the entries of a batch and its runs, or take the *last* ones where nothing is different."""
        folders = [walk.look(folder) for folder in found.folders]
        if last is not None and last.found is found and last.folders == folders:
            return last
        batch = batch_entry(found, root)
        return _Made(found, folders, batch, batch_runs(found, batch.id, root, folders))

    def _walk(self) -> Iterator[tuple[Root, Discovery, FoundBatch | FoundRun]]:
        for root, walk in self._walks:
            for found in walk.walk():
                yield root, walk, found

    def _without_old_removals(self, shelf: _Shelf[RunEntry]) -> _Shelf[RunEntry]:
        if len(shelf.gone) <= _KEPT_REMOVALS:
            return shelf
        self._oldest = max(shelf.gone.values())
        return replace(shelf, gone={})


def _missing(root: Root) -> str:
    return f"{cut_name(root.name or root.path.name)!r} does not exist yet: its runs appear here when it does."

"""The code of a start, kept for its runs: a git snapshot, and the state of the work tree for their imports."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyexp.code.changes import note_loaded
from pyexp.code.origin import CodeOrigin
from pyexp.code.snapshot.taking import save_tree, take_tree
from pyexp.code.snapshot.tree import Root
from pyexp.executors.membership import main_script
from pyexp.store.batches.finding import find_batches
from pyexp.store.snapshot import Snapshot, SnapshotError, take_snapshot
from pyexp.terminal.printing import say

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCode:
    """What was kept of the code.

    Attributes:
        snapshot: The git snapshot; None where there is none.
        notes: What a person should know, a sentence each.
    """

    snapshot: Snapshot | None = None
    notes: tuple[str, ...] = ()

    @property
    def commit(self) -> str | None:
        """Hash of the snapshot."""
        return None if self.snapshot is None else self.snapshot.commit

    def origin(self, place: Path, *, is_isolated: bool) -> CodeOrigin:
        """Return where the runs get their code from.

        Args:
            place: Where the state of the work tree is written.
            is_isolated: Each run has a process of its own, which can import other code than this one has.

        Raises:
            OSError: *place* cannot be written, or git cannot tell what the snapshot has.
        """
        if self.snapshot is None or not is_isolated:
            return CodeOrigin(noted=note_loaded())
        snapshots = (self.snapshot, *self.snapshot.submodules)
        roots = [
            Root(top=os.fspath(kept.top), git_dir=os.fspath(kept.git_dir), commit=kept.commit, index=kept.index)
            for kept in snapshots
        ]
        tree = take_tree(
            roots, started_ns=self.snapshot.started_ns, outside=self.snapshot.outside, script=main_script()
        )
        save_tree(tree, place)
        return CodeOrigin(tree=os.fspath(place))


def keep_code(folder: Path, home: Path, *, is_quiet: bool = False) -> KeptCode:
    """Take a snapshot of the work tree that *home* is in, without the batches.

    Args:
        folder: The experiment's folder of batches.
        home: Folder of the experiment's file.
        is_quiet: Do not say that it takes long.
    """

    def tell() -> None:
        if not is_quiet:
            say("taking a git snapshot…")

    try:
        snapshot = take_snapshot(home, _outputs(folder, home), on_slow=tell)
    except SnapshotError as error:
        return KeptCode(notes=(f"no git snapshot: {error}",))
    return KeptCode(snapshot=snapshot, notes=snapshot.notes)


def _outputs(folder: Path, home: Path) -> list[Path]:
    """Return what a snapshot leaves out: the output folder; where that holds the sources as well, the batches in it."""
    output, sources = folder.parent.resolve(), home.resolve()
    if not sources.is_relative_to(output):
        return [output]
    experiments = {output / folder.name, *(other for other in output.iterdir() if find_batches(other))}
    return [
        part
        for experiment in experiments
        for part in (find_batches(experiment) if sources.is_relative_to(experiment) else [experiment])
    ]

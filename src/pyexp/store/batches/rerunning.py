"""Runs that are executed again although they have results, which stay until there are new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyexp._files import is_own_folder
from pyexp.store.index import Index, RunRecord
from pyexp.store.outcomes import keep_previous
from pyexp.store.status import readable_status, save_status
from pyexp.task import RunState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyexp.store.batch import Batch
    from pyexp.store.layout import RunPaths


def run_again(batch: Batch, folders: Sequence[str]) -> None:
    """Set aside what the runs in *folders* have, and mark them as pending; only for the owner.

    A start that is killed meanwhile leaves runs that passed, or that are open and have their earlier results.

    Raises:
        OSError: A folder cannot be written.
    """
    note_open(batch, folders)
    for folder in folders:
        _keep_earlier(batch.run(folder))


def note_open(batch: Batch, folders: Sequence[str]) -> None:
    """Note that the runs in *folders* may not be as they were: their owner examines them; only for the owner.

    Before anything is done to them, so that the next owner examines them, however far this one gets.

    Raises:
        OSError: The index cannot be written.
    """
    if not folders:
        return
    known = {record.folder: record for record in batch.records()}
    index = Index(batch.paths.index)
    index.append(*(RunRecord(folder=folder, name=known[folder].name) for folder in folders))
    index.close()


def _keep_earlier(paths: RunPaths) -> None:
    if not is_own_folder(paths.root):
        return
    earlier = readable_status(paths)
    keep_previous(paths)
    save_status(paths.status, RunState(attempts=earlier.attempts, commits=earlier.commits))

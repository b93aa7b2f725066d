"""What the next owner of a batch does first: complete what a killed owner left, and write the index anew."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyexp._files import remove_leftovers
from pyexp._record import replace
from pyexp.store.index import Index, RunRecord
from pyexp.store.outcomes import digest_of, drop_previous
from pyexp.store.status import readable_status, save_status, settled_status
from pyexp.task import Status

if TYPE_CHECKING:
    from collections.abc import Collection

    from pyexp.store.batch import Batch


def settle(batch: Batch, added: Collection[str] = ()) -> list[RunRecord]:
    """Examine the folder of every run, but of those that passed and have not changed since; return the states of all.

    Only for the owner.

    Args:
        batch: The batch.
        added: Runs that this process has just added: there is nothing to examine.
    """
    remove_leftovers(batch.paths.root)
    known, unchanged = batch.noted(), batch.unchanged()
    records = [
        _measured(batch, known[folder])
        if folder in unchanged or (folder in added and folder in known)
        else _settle(batch, folder)
        for folder in batch.folders
    ]
    if {record.folder: record for record in records} != known:
        batch.paths.index.unlink(missing_ok=True)
        index = Index(batch.paths.index)
        index.append(*records)
        index.close()
    return records


def _measured(batch: Batch, record: RunRecord) -> RunRecord:
    """Return *record* with the size of the run's folder, which early versions did not note."""
    is_known = record.size_bytes is not None or not record.status.is_final
    return record if is_known else record.measured_in(os.fspath(batch.paths.root))


def _settle(batch: Batch, folder: str) -> RunRecord:
    paths = batch.run(folder)
    batch.configs.restore(folder)
    status = readable_status(paths)
    settled = settled_status(paths, status, is_live=False)
    is_link = paths.root.is_symlink()
    if not is_link:
        remove_leftovers(paths.root)
        remove_leftovers(paths.checkpoints)
    if settled is not status.status and not is_link:
        status = replace(status, status=settled)
        if settled is Status.PASSED:
            status = replace(status, finished=paths.result.stat().st_mtime, digest=digest_of(paths.result))
        save_status(paths.status, status)
    if settled is Status.PASSED:
        drop_previous(paths)
    root = os.fspath(batch.paths.root) if settled.is_final and not is_link else None
    return RunRecord.of(folder, batch.name_of(folder), replace(status, status=settled), root)

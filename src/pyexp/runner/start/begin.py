"""From a decision to a batch on disk that this process owns. Everything that a start writes is written from here."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Self

from pyexp.code.origin import CodeOrigin
from pyexp.errors import BatchOwnedError, OutputError, PyexpError
from pyexp.runner.start.batch_facts import collect_facts, describe_start
from pyexp.runner.start.decision_kinds import Continued, Extended, Fresh, Report, Rerun
from pyexp.runner.start.kept_code import KeptCode, keep_code
from pyexp.store.batch import Batch
from pyexp.store.batches.extending import apply_extension
from pyexp.store.batches.facts import add_start
from pyexp.store.batches.rerunning import note_open, run_again
from pyexp.store.batches.settling import settle
from pyexp.store.outcomes import set_aside
from pyexp.terminal.console import show_preparing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pyexp.runner.settings import Settings
    from pyexp.runner.start.decision_kinds import Decision
    from pyexp.store.batch import Show
    from pyexp.store.claim import Claim
    from pyexp.store.index import RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedBatch:
    """A batch that is ready to run; a context manager that releases it.

    Attributes:
        batch: The batch, on disk.
        claim: This process's claim on it; None when nothing runs.
        folders: Runs to execute, in order.
        cached: How many have passed before.
        commit: Hash of the git snapshot.
        code: Where the code of the runs comes from.
        notes: What a person should know, a sentence each.
    """

    batch: Batch
    claim: Claim | None = None
    folders: tuple[str, ...] = ()
    cached: int = 0
    commit: str | None = None
    code: CodeOrigin = field(default_factory=CodeOrigin)
    notes: tuple[str, ...] = ()

    def release(self) -> None:
        """Release the claim; may be called again."""
        if self.claim is not None:
            if self.code.tree is not None:
                with suppress(OSError):  # the batch's folder is gone, or cannot be written any more
                    os.unlink(self.code.tree)
            self.claim.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.release()


def begin(decision: Decision, settings: Settings, home: Path) -> StartedBatch:
    """Make or open the batch of *decision*, and claim it where runs are to be executed.

    Args:
        decision: What to do.
        settings: The settings of the start.
        home: Folder of the experiment's file.

    Raises:
        BatchOwnedError: Another process works on the batch.
        OutputError: The output folder cannot be written.
    """
    match decision:
        case Report():
            return StartedBatch(batch=decision.batch)
        case Fresh():
            return _begin_fresh(decision, settings, home)
        case Continued() | Extended() | Rerun():
            return _begin_existing(decision, settings, home)


def _begin_fresh(decision: Fresh, settings: Settings, home: Path) -> StartedBatch:
    kept = keep_code(decision.folder, home, is_quiet=settings.quiet) if settings.stash else KeptCode()
    batch, claim = Batch.create(
        decision.folder, decision.configs, collect_facts(settings, kept.commit), _shown(decision, settings)
    )
    try:
        return StartedBatch(
            batch=batch,
            claim=claim,
            folders=tuple(batch.folders[position] for position in decision.chosen),
            commit=kept.commit,
            code=kept.origin(batch.paths.code, is_isolated=decision.capacity.executor.is_isolated),
            notes=(*decision.notes, *kept.notes, *_note_on_locks(claim)),
        )
    except BaseException:
        claim.release()
        raise


def _begin_existing(decision: Continued | Extended | Rerun, settings: Settings, home: Path) -> StartedBatch:
    claim = decision.batch.claim()
    try:
        batch, notes = _prepare(decision, settings)
        # What another process completed between the decision and the claim is not executed again.
        added = dict(decision.extension.added) if isinstance(decision, Extended) else {}
        records = settle(batch, added)
        open_folders = {record.folder for record in records if record.status.is_open}
        kept = keep_code(batch.paths.root.parent, home, is_quiet=settings.quiet) if settings.stash else KeptCode()
        add_start(batch, describe_start(kept.commit))
        return StartedBatch(
            batch=batch,
            claim=claim,
            folders=tuple(run.folder for run in decision.runs if run.folder in open_folders),
            cached=len(records) - len(open_folders),
            commit=kept.commit,
            code=kept.origin(batch.paths.code, is_isolated=decision.capacity.executor.is_isolated),
            notes=(
                *decision.notes,
                *notes,
                *kept.notes,
                *_note_on_commits(records, kept.commit),
                *_note_on_locks(claim),
            ),
        )
    except OSError as error:
        claim.release()
        if isinstance(error, PyexpError):
            raise
        root = os.fspath(decision.batch.paths.root)
        raise OutputError(
            f"cannot write to the batch {root!r}: {error.strerror}; make room or permission there"
        ) from error
    except BaseException:
        claim.release()
        raise


def _shown(decision: Fresh | Extended, settings: Settings) -> Show:
    """Return what shows how far the preparation of new runs is."""
    return partial(show_preparing, decision.name, is_quiet=settings.quiet)


def _note_on_locks(claim: Claim) -> list[str]:
    if claim.is_locked:
        return []
    return ["the file system of the output folder has no locks: when this process is killed, continue after 90 s"]


def _prepare(decision: Continued | Extended | Rerun, settings: Settings) -> tuple[Batch, list[str]]:
    """Do to the runs of the batch what was decided, before any is executed; return the batch as it is then, and notes.

    Raises:
        BatchOwnedError: Another process has extended the batch since.
        OSError: Something cannot be written.
    """
    batch = decision.batch
    match decision:
        case Continued():
            return batch, _set_aside(batch, decision.damaged)
        case Extended():
            if Batch.open(batch.paths.root).cells != batch.cells:
                raise BatchOwnedError(f"another process has just extended {batch.paths.timestamp}: start again")
            notes = _set_aside(batch, decision.damaged)
            return apply_extension(batch, decision.extension, _shown(decision, settings)), notes
        case Rerun():
            run_again(batch, [run.folder for run in decision.runs])
            return batch, []


def _note_on_commits(records: list[RunRecord], commit: str | None) -> list[str]:
    """Note how many passed runs ran other code than this start has."""
    passed = Counter(record.commit for record in records if not record.status.is_open)
    others = {
        known: count for known, count in passed.items() if known is not None and not (commit or "").startswith(known)
    }
    if not others or commit is None:
        return []
    shown = ", ".join(f"{count} passed {'run' if count == 1 else 'runs'} on {known}" for known, count in others.items())
    return [f"the code has changed: {shown}; this start runs {commit[:12]}"]


def _set_aside(batch: Batch, folders: Sequence[str]) -> list[str]:
    """Move damaged results out of the way, so that their runs are executed again; return a note for each."""
    note_open(batch, folders)
    notes = []
    for paths in map(batch.run, folders):
        set_aside(paths.result, paths.corrupt_result)
        notes.append(
            f"{paths.result} was damaged: it is now {paths.corrupt_result.name}, and the run is executed again"
        )
    return notes

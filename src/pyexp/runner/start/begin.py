"""From a decision to a batch on disk that this process owns. Everything that a start writes is written from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pyexp.runner.start.batch_facts import collect_facts
from pyexp.runner.start.decision import Continued, Fresh, Report
from pyexp.store.batch import Batch, find_batches, load_facts
from pyexp.store.outcomes import set_aside
from pyexp.store.snapshot import SnapshotError, take_snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp.runner.settings import Settings
    from pyexp.runner.start.decision import Decision
    from pyexp.store.claim import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedBatch:
    """A batch that is ready to run; a context manager that releases it.

    Attributes:
        batch: The batch, on disk.
        claim: This process's claim on it; None when nothing runs.
        folders: Runs to execute, in order.
        cached: How many have passed before.
        commit: Hash of the git snapshot.
        notes: What a person should know, a sentence each.
    """

    batch: Batch
    claim: Claim | None = None
    folders: tuple[str, ...] = ()
    cached: int = 0
    commit: str | None = None
    notes: tuple[str, ...] = ()

    def release(self) -> None:
        """Release the claim; may be called again."""
        if self.claim is not None:
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
        case Continued():
            return _begin_continued(decision)


def _begin_fresh(decision: Fresh, settings: Settings, home: Path) -> StartedBatch:
    notes = list(decision.notes)
    commit = None
    if settings.stash:
        try:
            snapshot = take_snapshot(home, _outputs(decision.folder, home))
            commit = snapshot.commit
            notes += snapshot.notes
        except SnapshotError as error:
            notes.append(f"no git snapshot: {error}")
    batch, claim = Batch.create(decision.folder, decision.configs, collect_facts(settings, commit))
    folders = tuple(batch.folders[position] for position in decision.chosen)
    return StartedBatch(batch=batch, claim=claim, folders=folders, commit=commit, notes=tuple(notes))


def _begin_continued(decision: Continued) -> StartedBatch:
    batch = decision.batch
    claim = batch.claim()
    try:
        notes = [*decision.notes, *(_set_aside(batch, folder) for folder in decision.damaged)]
        # What another process completed between the decision and the claim is not executed again.
        records = batch.rebuild_index()
        open_folders = {record.folder for record in records if record.status.is_open}
        return StartedBatch(
            batch=batch,
            claim=claim,
            folders=tuple(run.folder for run in decision.runs if run.folder in open_folders),
            cached=len(records) - len(open_folders),
            commit=load_facts(batch).get("commit"),
            notes=tuple(notes),
        )
    except BaseException:
        claim.release()
        raise


def _set_aside(batch: Batch, folder: str) -> str:
    """Move a damaged result out of the way, so that the run is executed again."""
    paths = batch.run(folder)
    set_aside(paths.result, paths.corrupt_result)
    return f"{paths.result} was damaged: it is now {paths.corrupt_result.name}, and the run is executed again"


def _outputs(folder: Path, home: Path) -> list[Path]:
    """What a snapshot leaves out: the output folder; where that holds the sources as well, the batches in it."""
    output, sources = folder.parent.resolve(), home.resolve()
    if not sources.is_relative_to(output):
        return [output]
    experiments = {output / folder.name, *(other for other in output.iterdir() if find_batches(other))}
    return [
        part
        for experiment in experiments
        for part in (find_batches(experiment) if sources.is_relative_to(experiment) else [experiment])
    ]

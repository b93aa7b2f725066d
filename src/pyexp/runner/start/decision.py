"""What a start will do, decided once: which batch, which runs, with which limits.

Deciding reads; it writes nothing and takes no lock, so that a dry run prints exactly what a start then does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyexp._optional import require_extra
from pyexp.errors import SettingsError
from pyexp.runner.program.declared import declared
from pyexp.runner.start.capacity import find_capacity
from pyexp.runner.start.choosing import choose_configs, choose_records
from pyexp.runner.start.decision_kinds import Continued, Extended, Fresh, Report, Rerun
from pyexp.runner.start.experiment_folder import experiment_folder
from pyexp.runner.start.planning import plan_configs
from pyexp.scheduler.dispatch import Limits
from pyexp.scheduler.retry import RetryPolicy
from pyexp.store.batch import Batch
from pyexp.store.batches.extending import plan_extension
from pyexp.store.batches.facts import load_facts
from pyexp.store.batches.finding import find_batch, find_complete
from pyexp.store.batches.overview import recorded_values
from pyexp.store.outcomes import check_result
from pyexp.store.status import has_regular_result, load_status
from pyexp.task import Status

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp.definition.declaration import Declaration
    from pyexp.runner.settings import Settings
    from pyexp.runner.start.capacity import Capacity
    from pyexp.runner.start.decision_kinds import Decision
    from pyexp.store.batches.extending import Extension
    from pyexp.store.index import RunRecord
    from pyexp.task import Body

_SHOWN_NAMES = 5


def decide(declaration: Declaration, settings: Settings) -> Decision:
    """Decide what a start with *settings* does.

    Raises:
        PyexpError: The configs, the settings or the batch do not allow it.
    """
    declared.require_meant(declaration, settings.only)
    if settings.viewer:
        require_extra("aiohttp", "viewer", "the viewer")
    folder = experiment_folder(declaration, settings)
    if settings.report_run:
        return Report(name=folder.name, batch=_find(folder, declaration, settings, "report_run"))
    capacity = find_capacity(declaration.body, settings)
    if settings.continue_run:
        return _continued(_open(folder, declaration, settings, "continue_run"), declaration, settings, capacity)
    if settings.extend_run:
        return _extended(_open(folder, declaration, settings, "extend_run"), declaration, settings, capacity)
    if settings.rerun_run:
        return _rerun(_open(folder, declaration, settings, "rerun_run"), declaration, settings, capacity)
    return _fresh(folder, declaration, settings, capacity)


def _fresh(folder: Path, declaration: Declaration, settings: Settings, capacity: Capacity) -> Fresh:
    configs = plan_configs(declaration, config=settings.config, values=settings.set, axes=settings.sweep)
    chosen = choose_configs(settings, configs)
    limits, notes = _limits(declaration.body, settings, capacity)
    return Fresh(
        name=folder.name, folder=folder, configs=configs, chosen=chosen, capacity=capacity, limits=limits, notes=notes
    )


def _open(folder: Path, declaration: Declaration, settings: Settings, key: str) -> Batch:
    """Open the batch that *settings* choose by *key*, to work on it.

    Raises:
        BatchOwnedError: Another process works on it.
    """
    batch = _find(folder, declaration, settings, key)
    batch.refuse_if_owned()
    batch.unchanged()  # before anything asks for the states of its runs, which then need no look at their folders
    return batch


def _find(folder: Path, declaration: Declaration, settings: Settings, key: str) -> Batch:
    """Open the batch that *settings* choose by *key*: by its timestamp, which the experiment's name may precede.

    Raises:
        BatchNotFoundError: There is none.
        NothingMatchesError: It is another experiment's.
    """
    name, slash, timestamp = (settings.timestamp(key) or "").rpartition("/")
    if slash and name != folder.name:
        declared.require_meant(declaration, name)
    return Batch.open(find_batch(folder, timestamp or None))


def _continued(batch: Batch, declaration: Declaration, settings: Settings, capacity: Capacity) -> Continued:
    records = batch.records()
    done, damaged = _split_passed(batch, records, verify=settings.verify)
    chosen = [records[position] for position in choose_records(settings, batch, records)]
    limits, notes = _limits(declaration.body, settings, capacity)
    return Continued(
        name=batch.paths.root.parent.name,
        batch=batch,
        runs=tuple(record for record in chosen if record.folder not in done),
        damaged=damaged,
        capacity=capacity,
        limits=limits,
        notes=(*notes, *_note_on_filter(batch, records)),
    )


def _extended(batch: Batch, declaration: Declaration, settings: Settings, capacity: Capacity) -> Extended:
    facts = load_facts(batch)
    configs = plan_configs(
        declaration,
        config=facts.get("config"),
        values=recorded_values(facts, "set"),
        axes=recorded_values(facts, "sweep"),
    )
    records = batch.records()
    extension = plan_extension(batch, [record.name for record in records], configs)
    done, damaged = _split_passed(batch, records, verify=settings.verify)
    every = [*records, *extension.records]
    chosen = [every[position] for position in choose_records(settings, batch, every, dict(extension.added))]
    limits, notes = _limits(declaration.body, settings, capacity)
    return Extended(
        name=batch.paths.root.parent.name,
        batch=batch,
        extension=extension,
        runs=tuple(record for record in chosen if record.folder not in done),
        damaged=damaged,
        capacity=capacity,
        limits=limits,
        notes=(*notes, *_note_on_extension(extension)),
    )


def _rerun(batch: Batch, declaration: Declaration, settings: Settings, capacity: Capacity) -> Rerun:
    if settings.filter is None and not settings.where:
        raise SettingsError("--rerun executes runs again that passed: say which by --filter or --where")
    records = batch.records()
    limits, notes = _limits(declaration.body, settings, capacity)
    return Rerun(
        name=batch.paths.root.parent.name,
        batch=batch,
        runs=tuple(records[position] for position in choose_records(settings, batch, records)),
        capacity=capacity,
        limits=limits,
        notes=notes,
    )


def _split_passed(batch: Batch, records: list[RunRecord], *, verify: bool) -> tuple[set[str], tuple[str, ...]]:
    """Return the folders of runs that need not be executed again, and of those that passed with a damaged result.

    A passed run that has no result any more is among neither, and so is one whose folder is a link now. A result is
    hashed where the run's files have another size or time than then, or with *verify*.
    """
    passed = [run for run in records if not run.status.is_open]
    unchanged = frozenset() if verify else batch.unchanged()
    unread = [run for run in passed if run.folder not in unchanged]
    lost = {run.folder for run in unread if not has_regular_result(batch.run(run.folder))}
    damaged = tuple(run.folder for run in unread if run.folder not in lost and _is_damaged(batch, run))
    return {run.folder for run in passed}.difference(lost, damaged), damaged


def _note_on_extension(extension: Extension) -> list[str]:
    """Note that there is nothing new, and which runs the configs do not have any more."""
    notes = [] if extension.added else ["the configs have nothing that the batch does not have"]
    if extension.left:
        more = f" and {len(extension.left) - _SHOWN_NAMES} more" if len(extension.left) > _SHOWN_NAMES else ""
        shown = ", ".join(extension.left[:_SHOWN_NAMES]) + more
        notes.append(f"not among the configs any more, and kept: {shown}")
    return notes


def _note_on_filter(batch: Batch, records: list[RunRecord]) -> list[str]:
    """Note that a batch began with a part of its runs, and which other one is complete."""
    facts = load_facts(batch)
    chosen = [f"{key}={facts[key]!r}" for key in ("filter", "where") if facts.get(key)]
    pending = sum(record.status is Status.PENDING for record in records)
    if not chosen or not pending:
        return []
    complete = find_complete(batch.paths.root.parent, before=batch.paths.timestamp)
    other = "" if complete is None else f"; the earlier batch {complete.name} is complete"
    return [f"this batch began with {' and '.join(chosen)}: {pending} of its runs were never started{other}"]


def _limits(body: Body, settings: Settings, capacity: Capacity) -> tuple[Limits, tuple[str, ...]]:
    """Return the limits of the runs, and notes on what cannot be kept."""
    notes: list[str] = []
    timeout_s = settings.timeout
    if timeout_s is not None and not capacity.executor.can_stop(body):
        notes.append(
            f"timeout={timeout_s:g} has no effect: a synchronous run in this process cannot be terminated from "
            f"outside; use the executor 'subprocess' or 'fork'"
        )
        timeout_s = None
    limits = Limits(
        timeout_s=timeout_s,
        retry=RetryPolicy(retries=settings.retries),
        fail_fast=settings.fail_fast,
        gpus=settings.gpus,
        devices=capacity.devices,
    )
    return limits, tuple(notes)


def _is_damaged(batch: Batch, record: RunRecord) -> bool:
    """Return whether the result of a run that passed is not what the run wrote."""
    paths = batch.run(record.folder)
    return not check_result(paths.result, load_status(paths.status, default_if_damaged=True).digest)

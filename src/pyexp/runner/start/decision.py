"""What a start will do, decided once: which batch, which runs, with which limits.

Deciding reads; it writes nothing and takes no lock, so that a dry run prints exactly what a start then does.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyexp._optional import require_extra
from pyexp.runner.start.capacity import find_capacity
from pyexp.runner.start.choosing import choose_configs, choose_records
from pyexp.runner.start.experiment_folder import experiment_folder
from pyexp.runner.start.planning import plan_configs
from pyexp.scheduler.dispatch import Limits
from pyexp.scheduler.retry import RetryPolicy
from pyexp.store.batch import Batch, load_facts
from pyexp.store.batches.finding import find_batch, find_complete
from pyexp.store.outcomes import check_result
from pyexp.store.status import load_status
from pyexp.task import Status

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp.config.config import Config
    from pyexp.definition.declaration import Declaration
    from pyexp.runner.settings import Settings
    from pyexp.runner.start.capacity import Capacity
    from pyexp.store.index import RunRecord
    from pyexp.task import Body
    from pyexp.tensor.tensor import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Execute nothing, report on a batch."""

    name: str
    batch: Batch

    def lines(self) -> list[str]:
        """What a dry run prints."""
        return [f"no run would be executed; the report would be on {self.batch.paths.root}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """Make a new batch.

    Attributes:
        name: The experiment's name.
        folder: Where its batches are.
        configs: All configs of the batch.
        chosen: Flat positions of the configs to execute.
        capacity: What executes the runs.
        limits: What bounds them.
        notes: What a person should know, a sentence each.
    """

    name: str
    folder: Path
    configs: Tensor[Config]
    chosen: tuple[int, ...]
    capacity: Capacity
    limits: Limits
    notes: tuple[str, ...]

    def lines(self) -> list[str]:
        """What a dry run prints."""
        runs = [str(self.configs[position]["name"]) for position in self.chosen]
        return _start_lines(self, runs, len(self.configs), f"a new batch in {self.folder}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Continued:
    """Execute what has not passed in an existing batch.

    Attributes:
        name: The experiment's name.
        batch: The batch.
        runs: The runs to execute, in order.
        damaged: Folders of runs that passed and whose result is damaged; they are among the open runs.
        capacity: What executes the runs.
        limits: What bounds them.
        notes: What a person should know, a sentence each.
    """

    name: str
    batch: Batch
    runs: tuple[RunRecord, ...]
    damaged: tuple[str, ...]
    capacity: Capacity
    limits: Limits
    notes: tuple[str, ...]

    def lines(self) -> list[str]:
        """What a dry run prints."""
        damaged = [f"{self.batch.run(folder).result} is damaged: the run is executed again" for folder in self.damaged]
        lines = _start_lines(self, [run.name for run in self.runs], len(self.batch.folders), str(self.batch.paths.root))
        return [*lines, *(f"note: {sentence}" for sentence in damaged)]


Decision = Report | Fresh | Continued


def decide(declaration: Declaration, settings: Settings) -> Decision:
    """Decide what a start with *settings* does.

    Raises:
        PyexpError: The configs, the settings or the batch do not allow it.
    """
    if settings.viewer:
        require_extra("aiohttp", "viewer", "the viewer")
    folder = experiment_folder(declaration, settings)
    if settings.report_run:
        return Report(name=folder.name, batch=Batch.open(find_batch(folder, settings.timestamp("report_run"))))
    capacity = find_capacity(declaration.body, settings)
    if settings.continue_run:
        return _continued(folder, declaration.body, settings, capacity)
    return _fresh(folder, declaration, settings, capacity)


def _fresh(folder: Path, declaration: Declaration, settings: Settings, capacity: Capacity) -> Fresh:
    configs = plan_configs(declaration, config=settings.config, values=settings.set, axes=settings.sweep)
    chosen = choose_configs(settings, configs)
    limits, notes = _limits(declaration.body, settings, capacity)
    return Fresh(
        name=folder.name, folder=folder, configs=configs, chosen=chosen, capacity=capacity, limits=limits, notes=notes
    )


def _continued(folder: Path, body: Body, settings: Settings, capacity: Capacity) -> Continued:
    batch = Batch.open(find_batch(folder, settings.timestamp("continue_run")))
    batch.refuse_if_owned()
    records = batch.records()
    damaged = tuple(record.folder for record in records if not record.status.is_open and _is_damaged(batch, record))
    chosen = [records[position] for position in choose_records(settings, batch, records)]
    limits, notes = _limits(body, settings, capacity)
    return Continued(
        name=folder.name,
        batch=batch,
        runs=tuple(record for record in chosen if record.status.is_open or record.folder in damaged),
        damaged=damaged,
        capacity=capacity,
        limits=limits,
        notes=(*notes, *_note_on_filter(batch, records)),
    )


def _note_on_filter(batch: Batch, records: list[RunRecord]) -> list[str]:
    """That a batch began with a part of its runs, and which other one is complete."""
    facts = load_facts(batch)
    chosen = [f"{key}={facts[key]!r}" for key in ("filter", "where") if facts.get(key)]
    pending = sum(record.status is Status.PENDING for record in records)
    if not chosen or not pending:
        return []
    complete = find_complete(batch.paths.root.parent, before=batch.paths.timestamp)
    other = "" if complete is None else f"; the earlier batch {complete.name} is complete"
    return [f"this batch began with {' and '.join(chosen)}: {pending} of its runs were never started{other}"]


def _limits(body: Body, settings: Settings, capacity: Capacity) -> tuple[Limits, tuple[str, ...]]:
    """The limits of the runs, and notes on what cannot be kept."""
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
    """Whether the result of a run that passed is not what the run wrote."""
    paths = batch.run(record.folder)
    if not os.path.lexists(paths.result) or os.path.islink(paths.root):
        return False
    return not check_result(paths.result, load_status(paths.status, default_if_damaged=True).digest)


def _start_lines(decision: Fresh | Continued, runs: list[str], total: int, where: str) -> list[str]:
    executor = type(decision.capacity.executor).__name__
    heading = f"{len(runs)} of {total} runs would be executed by {executor} in {where}:"
    return [heading, *(f"  {name}" for name in runs), *(f"note: {note}" for note in decision.notes)]

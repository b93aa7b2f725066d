"""What a start will do, decided once: which batch, which runs, with which limits.

Deciding reads; it writes nothing and takes no lock, so that a dry run prints exactly what a start then does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyexp._optional import require_extra
from pyexp.errors import NoConfigsError, NothingMatchesError
from pyexp.runner.start.capacity import find_capacity
from pyexp.runner.start.experiment_folder import experiment_folder
from pyexp.scheduler.dispatch import Limits
from pyexp.scheduler.retry import RetryPolicy
from pyexp.store.batch import Batch, find_batch
from pyexp.store.outcomes import check_result
from pyexp.store.status import has_regular_result, load_status
from pyexp.sweeps.identity import prepare_configs

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp.config.config import Config
    from pyexp.definition.declaration import Declaration
    from pyexp.runner.settings import Settings
    from pyexp.runner.start.capacity import Capacity
    from pyexp.store.index import RunRecord
    from pyexp.task import Body
    from pyexp.tensor.tensor import Tensor

_SHOWN_NAMES = 5


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
    if declaration.configs is None:
        raise NoConfigsError(
            f"the experiment {declaration.name!r} has no configs: decorate a function with "
            f"@{declaration.name}.configs, or pass run(configs=...)"
        )
    configs = prepare_configs(declaration.configs())
    chosen = _matching(settings.filter, [config["name"] for config in configs])
    limits, notes = _limits(declaration.body, settings, capacity)
    return Fresh(
        name=folder.name, folder=folder, configs=configs, chosen=chosen, capacity=capacity, limits=limits, notes=notes
    )


def _continued(folder: Path, body: Body, settings: Settings, capacity: Capacity) -> Continued:
    batch = Batch.open(find_batch(folder, settings.timestamp("continue_run")))
    batch.refuse_if_owned()
    records = batch.records()
    # A passed run that has no result any more is open again, and so is one whose folder is a link now.
    passed = [
        record for record in records if not record.status.is_open and has_regular_result(batch.run(record.folder))
    ]
    damaged = {record.folder for record in passed if _is_damaged(batch, record)}
    done = {record.folder for record in passed} - damaged
    chosen = [records[position] for position in _matching(settings.filter, [record.name for record in records])]
    limits, notes = _limits(body, settings, capacity)
    return Continued(
        name=folder.name,
        batch=batch,
        runs=tuple(record for record in chosen if record.folder not in done),
        damaged=tuple(record.folder for record in passed if record.folder in damaged),
        capacity=capacity,
        limits=limits,
        notes=notes,
    )


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
    return not check_result(paths.result, load_status(paths.status, default_if_damaged=True).digest)


def _matching(pattern: str | None, names: list[str]) -> tuple[int, ...]:
    """Positions of the *names* that match.

    Raises:
        NothingMatchesError: None does.
    """
    found = tuple(at for at, name in enumerate(names) if pattern is None or re.search(pattern, name))
    if pattern is not None and not found:
        shown = ", ".join(names[:_SHOWN_NAMES]) + (", …" if len(names) > _SHOWN_NAMES else "")
        raise NothingMatchesError(f"the filter {pattern!r} matches none of the {len(names)} configs: {shown}")
    return found


def _start_lines(decision: Fresh | Continued, runs: list[str], total: int, where: str) -> list[str]:
    executor = type(decision.capacity.executor).__name__
    heading = f"{len(runs)} of {total} runs would be executed by {executor} in {where}:"
    return [heading, *(f"  {name}" for name in runs), *(f"note: {note}" for note in decision.notes)]

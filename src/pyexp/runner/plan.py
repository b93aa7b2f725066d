"""What a start amounts to, before anything runs: the batch, the runs to execute, and who owns it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyexp._optional import require_extra
from pyexp.errors import NoConfigsError, NothingMatchesError
from pyexp.runner.batch_facts import collect_facts
from pyexp.runner.capacity import find_means
from pyexp.runner.experiment_folder import experiment_folder
from pyexp.store.batch import Batch, find_batch, find_batches, load_facts
from pyexp.store.outcomes import check_result, set_aside
from pyexp.store.snapshot import SnapshotError, take_snapshot
from pyexp.store.status import load_status
from pyexp.sweeps.identity import prepare_configs
from pyexp.task import Status

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp.config.config import Config
    from pyexp.definition.declaration import Declaration
    from pyexp.runner.capacity import Means
    from pyexp.runner.settings import Settings
    from pyexp.store.claim import Claim
    from pyexp.tensor.tensor import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A batch that is ready to run.

    Attributes:
        name: The experiment's name.
        batch: The batch, on disk.
        claim: This process's hold on it; None when nothing runs.
        means: What runs it; None when nothing runs.
        folders: Runs to execute, in order.
        cached: How many have passed already.
        commit: Hash of the git snapshot.
        notes: What a person should know, a sentence each.
    """

    name: str
    batch: Batch
    claim: Claim | None
    means: Means | None
    folders: list[str]
    cached: int
    commit: str | None
    notes: list[str]

    def release(self) -> None:
        """Let go of the batch."""
        if self.claim is not None:
            self.claim.release()


def load_configs(declaration: Declaration, settings: Settings) -> Tensor[Config]:
    """Call the user's configs function and check what it gives, the filter included.

    Raises:
        ConfigError: There are none, or one cannot be used.
        NothingMatchesError: The filter matches none.
    """
    if declaration.configs is None:
        raise NoConfigsError(
            f"the experiment {declaration.name!r} has no configs: decorate a function with "
            f"@{declaration.name}.configs, or pass run(configs=...)"
        )
    configs = prepare_configs(declaration.configs())
    _require_match(settings.filter, [config["name"] for config in configs])
    return configs


def make_plan(declaration: Declaration, settings: Settings) -> Plan:
    """Make a new batch, or open the one to continue or to report on, and choose what runs.

    Raises:
        PyexpError: The configs, the settings or the batch do not allow it; nothing has run.
    """
    if settings.viewer:
        require_extra("aiohttp", "viewer", "the viewer")
    folder = experiment_folder(declaration, settings)
    if settings.report_run:
        batch = Batch.open(find_batch(folder, settings.timestamp("report_run")))
        return Plan(name=folder.name, batch=batch, claim=None, means=None, folders=[], cached=0, commit=None, notes=[])
    means = find_means(declaration.body, settings)
    if settings.continue_run:
        return _continued(folder, settings, means)
    return _fresh(declaration, folder, settings, means)


def _fresh(declaration: Declaration, folder: Path, settings: Settings, means: Means) -> Plan:
    configs = load_configs(declaration, settings)
    notes: list[str] = []
    commit = None
    if settings.stash:
        try:
            commit = take_snapshot(declaration.home, _outputs(folder, declaration.home), label=folder.name)
        except SnapshotError as error:
            notes.append(f"no git snapshot: {error}")
    batch, claim = Batch.create(folder, configs, collect_facts(settings, commit))
    folders = [
        run for run, config in zip(batch.folders, configs, strict=True) if _matches(settings.filter, config["name"])
    ]
    return Plan(
        name=folder.name,
        batch=batch,
        claim=claim,
        means=means,
        folders=folders,
        cached=0,
        commit=commit,
        notes=notes,
    )


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


def _continued(folder: Path, settings: Settings, means: Means) -> Plan:
    batch = Batch.open(find_batch(folder, settings.timestamp("continue_run")))
    claim = batch.claim()
    try:
        notes = [note for run in batch.folders if (note := _set_aside_damaged(batch, run))]
        records = batch.rebuild_index()
        _require_match(settings.filter, [record.name for record in records])
        open_runs = [record for record in records if record.status is not Status.PASSED]
        return Plan(
            name=folder.name,
            batch=batch,
            claim=claim,
            means=means,
            folders=[record.folder for record in open_runs if _matches(settings.filter, record.name)],
            cached=len(records) - len(open_runs),
            commit=load_facts(batch).get("commit"),
            notes=notes,
        )
    except BaseException:
        claim.release()
        raise


def _set_aside_damaged(batch: Batch, folder: str) -> str | None:
    """Move a result that is not what the run wrote out of the way, so that the run is executed again."""
    paths = batch.run(folder)
    if not os.path.lexists(paths.result) or os.path.islink(paths.root):
        return None
    digest = load_status(paths.status, default_if_damaged=True).digest
    if check_result(paths.result, digest):
        return None
    set_aside(paths.result, paths.corrupt_result)
    return f"{paths.result} was damaged: it is now {paths.corrupt_result.name}, and the run is executed again"


def _matches(pattern: str | None, name: str) -> bool:
    return pattern is None or re.search(pattern, name) is not None


def _require_match(pattern: str | None, names: list[str]) -> None:
    if pattern is not None and not any(_matches(pattern, name) for name in names):
        shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")  # noqa: PLR2004 — a handful
        raise NothingMatchesError(f"the filter {pattern!r} matches none of the {len(names)} configs: {shown}")


def plan_lines(declaration: Declaration, settings: Settings) -> list[str]:
    """What a start would do, a line each; nothing is written.

    Raises:
        PyexpError: It could not be done.
    """
    folder = experiment_folder(declaration, settings)
    if settings.report_run:
        batch = Batch.open(find_batch(folder, settings.timestamp("report_run")))
        return [f"no run would be executed; the report would be on {batch.paths.root}"]
    executor = find_means(declaration.body, settings).executor
    if settings.continue_run:
        batch = Batch.open(find_batch(folder, settings.timestamp("continue_run")))
        records = batch.records()
        _require_match(settings.filter, [record.name for record in records])
        planned = [(record.name, record.status is not Status.PASSED) for record in records]
        where = str(batch.paths.root)
    else:
        planned = [(str(config["name"]), True) for config in load_configs(declaration, settings)]
        where = f"a new batch in {folder}"
    runs = [name for name, is_open in planned if is_open and _matches(settings.filter, name)]
    count = f"{len(runs)} of {len(planned)} runs would be executed by {type(executor).__name__} in {where}:"
    return [count, *(f"  {name}" for name in runs)]

"""A script that a run has started again: torchrun, Lightning and their like run ``sys.argv`` once more for each rank.

Owns the decision whether such a process plays its run, continues as any other, or is refused.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pyexp.errors import SettingsError
from pyexp.executors.membership import current_membership, main_script, mark_played
from pyexp.sweeps.naming import sanitise

if TYPE_CHECKING:
    from pyexp.definition.declaration import Declaration
    from pyexp.executors.membership import Membership
    from pyexp.runner.settings import Settings

_GLOBAL_RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK")


def play_if_relaunched(declaration: Declaration, settings: Settings) -> None:
    """Play the run that this process belongs to, if it is one of this experiment, and exit then; else return.

    Raises:
        SettingsError: This process must not start a batch: its run has started its script again without a launcher, or
            a launcher has started the whole script.
        SystemExit: The run was played; no result is written.
    """
    membership = current_membership()
    if membership is None:
        _refuse_ranks()
        return
    folder = Path(membership.folder)
    if membership.script != main_script() or folder.parent.parent.name != sanitise(settings.name or declaration.name):
        return  # another experiment
    if membership.is_played or not membership.is_launched:
        raise SettingsError(
            f"this script was started again by its own run {folder.name!r}, and would start the batch again: put what "
            f"the run starts into a file of its own, or use a launcher that sets RANK or LOCAL_RANK"
        )
    _play(declaration, folder, membership)


def _play(declaration: Declaration, folder: Path, membership: Membership) -> NoReturn:
    """Call the function as the run of *folder* does; only the first rank logs."""
    from pyexp.executors.invoke import ActiveRun, call_body
    from pyexp.store.batch import Batch
    from pyexp.task import Task

    config = Batch.open(folder.parent).load_config(folder.name)
    mark_played(membership)
    task = Task(name=config["name"], config=config, out=folder, body=declaration.body)
    run = ActiveRun(task, is_silent=_rank() != "0")
    try:
        call_body(declaration.body, run)
    finally:
        run.close()
    raise SystemExit(0)


def _rank() -> str | None:
    return next(
        (os.environ[name] for name in (*_GLOBAL_RANKS, "LOCAL_RANK", "SLURM_PROCID") if name in os.environ), None
    )


def _refuse_ranks() -> None:
    for name in _GLOBAL_RANKS:
        if os.environ.get(name, "0") not in ("", "0"):
            raise SettingsError(
                f"{name}={os.environ[name]}: a launcher has started this whole script, and each rank would start a "
                f"batch; start the script without it, and use the launcher inside the experiment's function"
            )

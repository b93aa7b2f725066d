"""Whether this process belongs to a run without being the run's own: a launcher in the run has started it.

Owns the variable ``PYEXP_RUN``, which every process below a run inherits. Knows no batch and no experiment.
"""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pyexp._record import Record, names_of, replace
from pyexp.store.claim import Owner

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE: Final = "PYEXP_RUN"
# Set by torchrun, Lightning, accelerate, MPI and Slurm, differently for each process that they start.
LAUNCHERS: Final = (
    "RANK",
    "LOCAL_RANK",
    "GROUP_RANK",
    "NODE_RANK",
    "OMPI_COMM_WORLD_RANK",
    "OMPI_COMM_WORLD_LOCAL_RANK",
    "PMI_RANK",
    "MPI_LOCALRANKID",
    "SLURM_PROCID",
    "SLURM_LOCALID",
)


class Membership(Record):
    """The run that a process belongs to.

    Attributes:
        folder: The run's folder.
        script: The script that the runner executes; None where it has none.
        owner: The process that executes the batch, or on another machine the one that executes the run there.
        launchers: What a launcher had set for the runner itself.
        is_played: The process executes the run already: no process below it may.
    """

    folder: str
    script: str | None
    owner: Owner
    launchers: Mapping[str, str]
    is_played: bool = False

    @property
    def is_launched(self) -> bool:
        """Whether a launcher in the run has started this process."""
        return any(os.environ.get(name) != self.launchers.get(name) for name in LAUNCHERS if name in os.environ)


def variables_for(folder: Path, owner: Owner) -> dict[str, str]:
    """Return the environment of the processes of the run in *folder*, which *owner* executes."""
    launchers = {name: os.environ[name] for name in LAUNCHERS if name in os.environ}
    told = Membership(folder=os.fspath(folder), script=main_script(), owner=owner, launchers=launchers)
    return {VARIABLE: _spelled(told)}


def current_membership() -> Membership | None:
    """Return the run that this process belongs to; None outside of any, and in the run's own process.

    The variable counts only while the process that it names is alive and an ancestor of this one.
    """
    from pyexp.executors.invoke import own_process

    if VARIABLE not in os.environ or own_process.pid == os.getpid():
        return None
    try:
        told = json.loads(os.environ[VARIABLE])
        membership = Membership(**{**told, "owner": Owner(**told["owner"])})
    except (ValueError, TypeError, KeyError):
        return None
    return membership if not membership.owner.is_dead() and _is_ancestor(membership.owner.pid) else None


def mark_played(membership: Membership) -> None:
    """Mark this process as executing its run, for the processes that it starts."""
    os.environ[VARIABLE] = _spelled(replace(membership, is_played=True))


def main_script() -> str | None:
    """Return the file that this Python executes, with links resolved."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return None if file is None else _without_links(file)


_without_links = cache(os.path.realpath)


def _spelled(membership: Membership) -> str:
    facts = {name: getattr(membership, name) for name in names_of(Membership)}
    return json.dumps(facts | {"owner": membership.owner.facts()})


def _is_ancestor(pid: int) -> bool:
    """Return whether *pid* is above this process; where that cannot be determined, a living one is believed to be."""
    if sys.platform != "linux":
        return True
    current = os.getpid()
    while current > 1 and current != pid:
        try:
            with open(f"/proc/{current}/stat", "rb") as file:
                current = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            return False
    return current == pid

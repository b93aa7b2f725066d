"""Events of a batch while it runs: typed, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyexp.task import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """An attempt of a run begins."""

    folder: str
    name: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRetried:
    """An attempt failed; another follows after *delay_s* seconds."""

    folder: str
    name: str
    attempt: int
    error: str
    delay_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The last attempt of a run has ended, or the run was given up."""

    folder: str
    name: str
    state: RunState


Event = RunStarted | RunRetried | RunFinished

"""What the scheduler tells while it works: typed, in order, to whoever listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyexp.task import Status


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
    """A run has come to its end."""

    folder: str
    name: str
    status: Status
    error: str | None
    duration_s: float
    attempts: int


Event = RunStarted | RunRetried | RunFinished

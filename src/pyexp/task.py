"""The frozen values that travel between scheduler and executors: what to run, and what came of it.

Owns the vocabulary (`Status`, `Task`, `Outcome`); refuses to know how anything is run, stored or printed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyexp.config.config import Config


class Status(StrEnum):
    """Where a run stands; a `str`, so ``result.status == "passed"`` holds."""

    __module__ = "pyexp"  # where pickles look for it, wherever it moves

    PENDING = "pending"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"

    @property
    def is_open(self) -> bool:
        """Whether continuing the batch executes the run."""
        return self is not Status.PASSED

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to the run in this start of its batch."""
        return self not in (Status.PENDING, Status.RUNNING)

    @property
    def is_failure(self) -> bool:
        """Whether the run itself is the reason that it has no result: it failed, or took too long."""
        return self in (Status.FAILED, Status.TIMEOUT)


class Body(Protocol):
    """What one run executes: a function or an experiment class behind one call.

    A body is picklable by cloudpickle, and its call may return an awaitable.
    """

    is_async: bool

    def __call__(self, run: Any) -> Any:
        """Execute the user's code for *run* (an `executors.invoke.ActiveRun`) and return the value to save."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One attempt of one run, as handed to an executor.

    Attributes:
        name: The config's name.
        config: The config, ``out`` included; read for this attempt, so that the user's code may change it.
        out: The run's folder; it exists.
        body: What to call.
        attempt: 1 for the first attempt of this start, 2 for its first retry, ….
        environment: Variables to set for this run alone.
        is_captured: Output goes to ``log.out`` only; otherwise it is shown as well.
        commit: Hash of the git snapshot, for the run's log.
    """

    name: str
    config: Config
    out: Path
    body: Body
    attempt: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    is_captured: bool = True
    commit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """The run returned and its ``result.pkl`` is in place.

    Attributes:
        digest: ``sha256:<hex>`` of ``result.pkl``, when its maker told.
        pid: The process that ran it.
    """

    digest: str | None = None
    pid: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The run ended without a result.

    Attributes:
        error: First line ``Type: message``, then the traceback where there is one.
        status: `Status.FAILED`, `Status.TIMEOUT` or `Status.INTERRUPTED`.
        pid: The process that ran it.
        exit_code: The process's exit code, when it ended by itself.
        signal: Name of the signal that killed the process (``SIGSEGV``).
    """

    error: str
    status: Status = Status.FAILED
    pid: int | None = None
    exit_code: int | None = None
    signal: str | None = None


Outcome = Passed | Failed

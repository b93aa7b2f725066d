"""A run's statuses and state, the task that an executor is given, and the outcome that it returns: frozen values.

Owns the vocabulary (`Status`, `Task`, `Outcome`, `RunState`); does not know how anything is run, stored or printed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol

from pyexp._record import Record, names_of, replace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pyexp.config.config import Config


class Status(StrEnum):
    """The status of a run; a `str`, so ``result.status == "passed"`` holds."""

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

    A body is picklable by cloudpickle; calling it may return an awaitable.
    """

    is_async: bool

    def __call__(self, run: Any) -> Any:
        """Execute the user's code for *run* (an `executors.invoke.ActiveRun`) and return the value to save."""


class Task(Record):
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
    environment: Mapping[str, str] = {}
    is_captured: bool = True
    commit: str | None = None


class Ending(Record):
    """What is known of a run's end. A field that is added here is reported by the child, recorded and read back.

    Attributes:
        error: First line ``Type: message``, then the traceback where there is one.
        pid: The process that ran it; while it runs, and where it did not end by itself (a time-out, an interruption),
            the one that runs the batch.
        exit: The process's exit code, when it exited by itself without a result.
        signal: Name of the signal that killed the process (``SIGSEGV``).
        digest: ``sha256:<hex>`` of ``result.pkl``.
        summary: The plain part of the result, see `store.summary`.
        code_changed: Source files that had changed since the start of the batch.
    """

    error: str | None = None
    pid: int | None = None
    exit: int | None = None
    signal: str | None = None
    digest: str | None = None
    summary: Any = None
    code_changed: Sequence[str] | None = None

    def known(self) -> dict[str, Any]:
        """Return the fields that are known, by name."""
        return {name: value for name in ENDING_FIELDS if (value := getattr(self, name)) is not None}

    def __setstate__(self, state: dict[str, Any] | list[Any]) -> None:
        if isinstance(state, list):  # of 0.1.0: values alone, in the order of the fields that it had
            state = dict(zip(_FORMER_FIELDS[type(self).__name__], state, strict=True))
        super().__setstate__(state)


class Passed(Ending):
    """The run returned and its ``result.pkl`` is in place."""

    @property
    def status(self) -> Status:
        """`Status.PASSED`."""
        return Status.PASSED


class Failed(Ending):
    """The run ended without a result.

    Attributes:
        error: As in `Ending`, and required.
        status: `Status.FAILED`, `Status.TIMEOUT` or `Status.INTERRUPTED`.
    """

    error: str
    status: Status = Status.FAILED


Outcome = Passed | Failed


class RunState(Ending):
    """The state of a run, from which index, events, ``status.json`` and the page are derived.

    Attributes:
        status: The run's status.
        started: Start of its last attempt, seconds since 1970 (UTC).
        finished: End of its last attempt, seconds since 1970 (UTC).
        attempts: Attempts so far, those of earlier starts included.
        host: Where it ran.
        commits: Hash of the git snapshot of each attempt, None where there was none.
    """

    status: Status = Status.PENDING
    started: float | None = None
    finished: float | None = None
    attempts: int = 0
    host: str | None = None
    commits: Sequence[str | None] = ()

    @property
    def duration(self) -> float | None:
        """Seconds that the last attempt took; None until it has ended."""
        return None if self.started is None or self.finished is None else self.finished - self.started

    def begun(self, host: str, pid: int, now: float, commit: str | None = None) -> RunState:
        """Return the state when another attempt begins, without the end of the last one."""
        return RunState(
            status=Status.RUNNING,
            started=now,
            attempts=self.attempts + 1,
            host=host,
            pid=pid,
            commits=(*self.commits, commit),
        )

    def after(self, outcome: Outcome, now: float) -> RunState:
        """Return the state when the last attempt has ended with *outcome*."""
        started = now if self.started is None else self.started
        return replace(self, status=outcome.status, started=started, finished=now, **outcome.known())


ENDING_FIELDS: Final = names_of(Ending)
_FORMER_FIELDS: Final = {"Passed": ("digest", "pid"), "Failed": ("error", "status", "pid", "exit", "signal")}

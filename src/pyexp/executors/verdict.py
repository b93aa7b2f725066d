"""What a process's end says when it left no report."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from pyexp.task import Failed

if TYPE_CHECKING:
    from pathlib import Path

_TAIL_BYTES = 4096
_TAIL_LINES = 20


def ended_early(pid: int, code: int, log: Path) -> Failed:
    """The failure of a run whose process *pid* ended with *code* (negative for a signal) and without a report."""
    if code >= 0:
        sentence = f"ProcessExited: the run's process {describe_end(code)} before it returned a result"
    else:
        sentence = f"ProcessKilled: {describe_end(code)}"
    name = None if code >= 0 else _signal_name(-code)
    return Failed(error=with_tail(sentence, log), pid=pid, exit_code=code if code >= 0 else None, signal=name)


def describe_end(code: int) -> str:
    """How a process ended that has the exit code *code*, negative for a signal."""
    if code >= 0:
        return f"exited with code {code}"
    name = _signal_name(-code)
    hint = ": out of memory, perhaps" if name == "SIGKILL" else ""
    return f"killed by {name}{hint}"


def with_tail(sentence: str, log: Path) -> str:
    """*sentence*, and below it the last lines of *log*, if any."""
    tail = _tail(log)
    return f"{sentence}\n\nThe last lines of {log}:\n{tail}" if tail else sentence


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _tail(log: Path) -> str:
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-_TAIL_LINES:])

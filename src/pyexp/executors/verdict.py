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
        sentence, name = f"ProcessExited: the run's process exited with code {code} before it returned a result", None
    else:
        name = _signal_name(-code)
        hint = ": out of memory, perhaps" if name == "SIGKILL" else ""
        sentence = f"ProcessKilled: killed by {name}{hint}"
    tail = _tail(log)
    error = f"{sentence}\n\nThe last lines of {log}:\n{tail}" if tail else sentence
    return Failed(error=error, pid=pid, exit=code if code >= 0 else None, signal=name)


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

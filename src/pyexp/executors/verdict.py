"""The outcome of a process that exited without a report."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from pyexp.task import Failed

if TYPE_CHECKING:
    from pathlib import Path

_TAIL_BYTES = 1 << 18
_TAIL_LINES = 20
_CRASH = "Fatal Python error: "
_SHOWN_FRAMES = 20  # of each thread
_SHOWN_LINES = 100
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def ended_early(pid: int, code: int, log: Path) -> Failed:
    """Return the failure of a run whose process *pid* exited with *code* (negative: a signal) without a report."""
    if code >= 0:
        sentence = f"ProcessExited: the run's process {describe_end(code)} before it returned a result"
    else:
        sentence = f"ProcessKilled: {describe_end(code)}"
    name = None if code >= 0 else _signal_name(-code)
    return Failed(error=with_tail(sentence, log), pid=pid, exit=code if code >= 0 else None, signal=name)


def describe_end(code: int) -> str:
    """Return how a process with the exit code *code* ended, negative for a signal."""
    if code >= 0:
        return f"exited with code {code}"
    name = _signal_name(-code)
    hint = ": out of memory, perhaps" if name == "SIGKILL" else ""
    return f"killed by {name}{hint}"


def with_tail(sentence: str, log: Path) -> str:
    """Return *sentence*, and below it the last lines of *log*, if any."""
    tail = _tail(log)
    at = tail.rfind(_CRASH)
    if at >= 0:
        return f"{sentence}\n\n{_shortened(tail[at:].splitlines())}"
    last = "\n".join(tail.splitlines()[-_TAIL_LINES:])
    return f"{sentence}\n\nThe last lines of {log}:\n{last}" if last else sentence


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _shortened(report: list[str]) -> str:
    """Return a crash report of Python's faulthandler with the innermost frames of each stack, without pyexp's own."""
    shown: list[str] = []
    left = _SHOWN_FRAMES
    for line in report:
        if not line.startswith("  File "):
            left = _SHOWN_FRAMES
            shown.append(line)
        elif not line.startswith(f'  File "{_PACKAGE}'):
            left -= 1
            if left >= 0:
                shown.append(line)
            elif left == -1:
                shown.append("  ...")
    return "\n".join(shown[:_SHOWN_LINES])


def _tail(log: Path) -> str:
    """Return the last part of *log*: enough for the report of a crash of many threads."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""

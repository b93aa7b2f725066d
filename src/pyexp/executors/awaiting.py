"""Waits for a run's process, and returns the outcome of the run."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Protocol

import anyio

from pyexp.executors.child.mailbox import take_report
from pyexp.executors.ending.processes import end_leftovers, end_tree
from pyexp.executors.verdict import ended_early

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp.executors.base import Session
    from pyexp.executors.ending.guard import Guard
    from pyexp.task import Outcome


class RunProcess(Protocol):
    """A run's process; `asyncio.subprocess.Process` is one."""

    @property
    def pid(self) -> int:
        """Its pid, which is also that of its process group."""

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative for a signal; None until `wait` has returned."""

    async def wait(self) -> int:
        """Wait until it exits and return its exit code; may be cancelled, and called again."""


async def await_outcome(child: RunProcess, mailbox: IO[bytes], log: Path, guard: Guard, session: Session) -> Outcome:
    """Wait for the outcome of the run of *child*; on cancellation, its whole process tree is terminated first.

    Args:
        child: The run's process.
        mailbox: Where it leaves its report.
        log: The run's log.
        guard: Watches the process.
        session: Has the grace of a process that is terminated.
    """
    try:
        code = await child.wait()
    finally:
        if child.returncode is None:
            with anyio.CancelScope(shield=True):
                await _end(child, session)
        guard.forget(child.pid)
    await end_leftovers(child.pid)
    return take_report(mailbox, child.pid) or ended_early(child.pid, code, log)


async def _end(child: RunProcess, session: Session) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(child.wait)  # meanwhile: its process group exists until it has been waited for
        await end_tree(child.pid, session)

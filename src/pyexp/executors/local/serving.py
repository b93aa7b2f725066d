"""Executes a task on a run server, whatever kind it is, and on another one when that has gone."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Protocol, TypeVar

from pyexp._record import replace
from pyexp.executors.awaiting import await_outcome
from pyexp.executors.capture import open_log
from pyexp.executors.child.mailbox import open_mailbox
from pyexp.executors.local.server import Server, ServerLostError
from pyexp.store.layout import RunPaths
from pyexp.task import Failed, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyexp.executors.base import Session
    from pyexp.executors.ending.guard import Guard
    from pyexp.executors.local.server import ServedRun
    from pyexp.task import Task

S = TypeVar("S", bound=Server)


class Servers(Protocol[S]):
    """The run servers of a batch, one at a time."""

    async def get(self, task: Task) -> S | Failed:
        """Return the server for a run, or why there can be none.

        Raises:
            OSError: The server cannot be started.
        """

    def pack(self, task: Task, server: S) -> bytes:
        """Pack what the run's process finds in its mailbox."""


async def execute_on(servers: Servers[S], task: Task, guard: Guard, session: Session) -> Outcome:
    """Have the run started and wait for its end; on cancellation its whole process tree is terminated first."""
    try:
        outcome = await _attempt(servers, task, guard, session)
    except ServerLostError:  # noticed by the request, so the run has not begun
        try:
            outcome = await _attempt(servers, task, guard, session)
        except ServerLostError:
            outcome = Failed(error="RunServerDied: two processes to start the run from exited before it began")
    except OSError as error:
        outcome = Failed(error=f"{type(error).__name__}: the run's process could not be started: {error}")
    return outcome


async def _attempt(servers: Servers[S], task: Task, guard: Guard, session: Session) -> Outcome:
    server = await servers.get(task)
    if isinstance(server, Failed):
        return server
    with open_mailbox(servers.pack(task, server)) as mailbox:
        run = await _start(server, task, mailbox)
        if not run.pid:
            return Failed(error=await server.describe_loss())
        guard.watch(run.pid)
        outcome = await await_outcome(run, mailbox, RunPaths(task.out).log, guard, session)
    if run.is_lost and isinstance(outcome, Failed) and outcome.signal is not None:  # it left no report
        return replace(outcome, error=await server.describe_loss())
    return outcome


async def _start(server: Server, task: Task, mailbox: IO[bytes]) -> ServedRun:
    log = open_log(RunPaths(task.out).log, task.attempt)
    try:
        return await server.start_run(log, mailbox)
    finally:
        os.close(log)


def environment_changes(task: Task, known: Mapping[str, str]) -> dict[str, str | None]:
    """Return what is different in the run's environment from that of its server; None for what it does not have."""
    needed = {**os.environ, **task.environment}
    changes: dict[str, str | None] = {name: value for name, value in needed.items() if known.get(name) != value}
    return changes | dict.fromkeys(known.keys() - needed.keys())


def working_folder() -> str | None:
    """Return the working directory; None when it was removed, as then a child can only be where its parent is."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return None

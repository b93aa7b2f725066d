"""Executors that override the synchronous ``run``: called in a worker thread, returning the value or writing it."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

import anyio

from pyexp.executors.capture import captured
from pyexp.executors.invoke import ActiveRun, call_body, describe_error, keep_value
from pyexp.executors.limits import unlimited
from pyexp.store.outcomes import digest_of
from pyexp.task import Failed, Outcome, Passed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyexp.config.config import Config
    from pyexp.task import Task


class HasRun(Protocol):
    """An executor that overrides the synchronous method."""

    def run(self, fn: Callable[[Config], Any], config: Config, result_path: Path, /) -> Any:
        """Execute one run and return its value, or pickle the value into *result_path*."""


class _Function:
    """The experiment as a plain function of the config, for the executor's ``run``; picklable by cloudpickle."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def __call__(self, config: Config) -> Any:
        run = ActiveRun(self._task)
        run.config = config
        try:
            return call_body(self._task.body, run)
        finally:
            run.close()


async def execute_run_method(executor: HasRun, task: Task) -> Outcome:
    """Call ``executor.run`` for *task* in a worker thread."""
    return await anyio.to_thread.run_sync(_execute, executor, task, limiter=unlimited())


def _execute(executor: HasRun, task: Task) -> Outcome:
    run = ActiveRun(task)
    staged, result = run.paths.staged_result, run.paths.result
    try:
        with captured(run.paths.log, task.attempt, is_shown=False):
            value = executor.run(_Function(task), run.config, staged)
        if value is None and staged.exists():
            digest = digest_of(staged)
            os.replace(staged, result)
            return Passed(digest=digest)
    except BaseException as error:  # a run may raise anything
        return Failed(error=describe_error(error))
    finally:
        with suppress(FileNotFoundError):
            os.unlink(staged)
    return keep_value(run, value)

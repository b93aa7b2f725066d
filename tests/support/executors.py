"""Every executor that the contract suite runs. To have another one run it, add a `Case` to `CASES`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio
import cloudpickle
import pytest

from pyexp import Executor, Failed, Passed
from pyexp.executors.invoke import run_task
from pyexp.executors.registry import get_executor

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyexp import Outcome, Task


class PlainExecutor(Executor):
    """A custom executor of the plain kind: a synchronous ``run`` that returns the value."""

    def run(self, fn, config, result_path):
        return fn(config)


class WritingExecutor(Executor):
    """The other plain kind: ``run`` writes the pickled value and returns nothing."""

    def run(self, fn, config, result_path):
        with open(result_path, "wb") as file:
            file.write(cloudpickle.dumps(fn(config)))


class TaskExecutor(Executor):
    """A custom executor of the asynchronous kind: the task in a worker thread."""

    async def execute(self, task: Task) -> Outcome:
        outcome: Outcome = await anyio.to_thread.run_sync(run_task, task)
        assert isinstance(outcome, (Passed, Failed))
        return outcome


@dataclass(frozen=True)
class Case:
    """An executor and what may be asked of it.

    Attributes:
        name: Shown in the test's id.
        make: Gives a new one.
        isolates: A run has a process of its own: it may crash, and can be ended.
        captures: Its runs' output is in their ``log.out``.
        pickles: It is pyexp that pickles the result, and names what cannot be.
    """

    name: str
    make: Callable[[], Any]
    isolates: bool
    captures: bool = True
    pickles: bool = True


CASES = [
    pytest.param(Case("inline", lambda: get_executor("inline"), isolates=False), id="inline"),
    pytest.param(Case("subprocess", lambda: get_executor("subprocess"), isolates=True), id="subprocess"),
    pytest.param(Case("fork", lambda: get_executor("fork"), isolates=True), id="fork"),
    pytest.param(Case("forkserver", lambda: get_executor("forkserver"), isolates=True), id="forkserver"),
    pytest.param(Case("custom-run", PlainExecutor, isolates=False), id="custom-run"),
    pytest.param(Case("custom-run-writes", WritingExecutor, isolates=False, pickles=False), id="custom-run-writes"),
    pytest.param(Case("custom-execute", TaskExecutor, isolates=False, captures=False), id="custom-execute"),
]

ISOLATED = [case for case in CASES if case.values[0].isolates]

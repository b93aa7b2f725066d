"""Executors of one's own: one of two methods is overridden, with parameters of any name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, assert_type

import pyexp
from pyexp import Config, Executor, Failed, InlineExecutor, Outcome, Passed, Status, Task, get_executor, run_task


class Polite(pyexp.Executor):
    def run(self, fn: Callable[[Config], Any], config: Config, result_path: Path) -> Any:
        print("about to run", config.name, result_path)
        return fn(config)


class Terse(Executor):
    def run(self, call: Callable[[Config], Any], c: Config, path: Path) -> float:
        return float(call(c)) + len(str(path))


class Remote(Executor):
    is_isolated = True

    async def execute(self, one: Task) -> Outcome:
        if one.attempt > 1:
            return Failed(error="too often", status=Status.TIMEOUT)
        return run_task(one)


def choose() -> None:
    assert_type(get_executor("inline"), Executor)
    for executor in (Polite(), Terse(), Remote(), InlineExecutor(), pyexp.SubprocessExecutor()):
        print(get_executor(executor).is_isolated)


def tell(outcome: Outcome) -> str:
    match outcome:
        case Passed():
            return outcome.digest or ""
        case Failed():
            return outcome.error

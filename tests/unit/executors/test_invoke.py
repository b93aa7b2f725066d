from __future__ import annotations

import os
from itertools import permutations

import anyio
import pytest

from pyexp.config.config import Config
from pyexp.errors import PyexpError
from pyexp.executors.invoke import current_run, describe_error, run_task, run_task_async
from pyexp.store.outcomes import load_result
from pyexp.task import Failed, Passed, Task


class Body:
    def __init__(self, function, *, is_async=False) -> None:
        self.function = function
        self.is_async = is_async

    def __call__(self, run):
        return self.function(run)


@pytest.fixture
def make_task(tmp_path):
    def make(function, *, is_async=False, **fields):
        return Task(name="r", config=Config(x=2), out=tmp_path, body=Body(function, is_async=is_async), **fields)

    return make


def test_value_is_saved_with_its_digest(make_task, tmp_path):
    outcome = run_task(make_task(lambda run: run.config.x))

    assert isinstance(outcome, Passed)
    assert load_result(tmp_path / "result.pkl", outcome.digest) == 2
    assert outcome.pid == os.getpid()


def test_current_run_is_known_while_the_code_runs(make_task):
    seen = []
    run_task(make_task(lambda run: seen.append(current_run.get() is run)))

    assert seen == [True]
    assert current_run.get(None) is None


def test_environment_is_set_for_the_run_and_restored(make_task, monkeypatch):
    monkeypatch.setenv("PYEXP_TEST_OLD", "before")
    names = ("PYEXP_TEST_OLD", "PYEXP_TEST_NEW")
    seen = []

    run_task(
        make_task(
            lambda run: seen.append([os.environ[name] for name in names]),
            environment=dict.fromkeys(names, "during"),
        )
    )

    assert seen == [["during", "during"]]
    assert [os.environ.get(name) for name in names] == ["before", None]


@pytest.mark.parametrize("ends", list(permutations("abc")), ids="".join)
@pytest.mark.slow
def test_environment_is_restored_in_whichever_order_runs_end(make_task, monkeypatch, ends):
    monkeypatch.setenv("PYEXP_TEST_OLD", "before")
    names = ("PYEXP_TEST_OLD", "PYEXP_TEST_NEW")

    async def all_at_once():
        may_end = {name: anyio.Event() for name in "abc"}
        async with anyio.create_task_group() as group:
            for name, event in may_end.items():
                task = make_task(
                    lambda _, event=event: event.wait(), is_async=True, environment=dict.fromkeys(names, name)
                )
                group.start_soon(run_task_async, task)
                await anyio.wait_all_tasks_blocked()
            assert [os.environ[name] for name in names] == ["c", "c"]
            for end in ends:
                may_end[end].set()
                await anyio.wait_all_tasks_blocked()

    anyio.run(all_at_once)

    assert [os.environ.get(name) for name in names] == ["before", None]


def test_async_run_is_executed_in_the_running_loop(make_task, tmp_path):
    async def double(run):
        await anyio.lowlevel.checkpoint()
        return run.config.x * 2

    outcome = anyio.run(run_task_async, make_task(double, is_async=True))

    assert load_result(tmp_path / "result.pkl", outcome.digest) == 4


def test_cancellation_of_the_runs_own_is_a_failure(make_task):
    import asyncio

    async def cancel(run):
        raise asyncio.CancelledError

    outcome = anyio.run(run_task_async, make_task(cancel, is_async=True))

    assert isinstance(outcome, Failed)
    assert outcome.error.startswith("CancelledError")


def test_error_shows_the_users_frames_and_causes():
    def inner():
        raise KeyError("inner")

    def outer():
        try:
            inner()
        except KeyError as error:
            raise ValueError("outer") from error

    with pytest.raises(ValueError, match="outer") as caught:
        outer()
    text = describe_error(caught.value)

    assert text.splitlines()[0] == "ValueError: outer"
    assert "KeyError: 'inner'" in text
    assert "direct cause" in text


def test_errors_of_the_librarys_own_come_without_traceback():
    assert describe_error(PyexpError("one sentence")) == "PyexpError: one sentence"


@pytest.mark.parametrize(
    ("error", "first"),
    [
        (ValueError(), "ValueError"),
        (SystemExit(3), "SystemExit: the run called sys.exit(3) before it returned a result"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
)
def test_first_line(error, first):
    assert describe_error(error).splitlines()[0] == first


def test_frames_of_a_project_named_after_asyncio_are_the_users(make_task):
    code = compile("def fail(run):\n    raise ValueError('seen')\n", "/home/me/asyncio_project/train.py", "exec")
    names = {}
    exec(code, names)

    outcome = run_task(make_task(names["fail"]))

    assert 'File "/home/me/asyncio_project/train.py", line 2, in fail' in outcome.error

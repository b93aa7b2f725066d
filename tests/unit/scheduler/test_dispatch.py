"""The dispatcher with executors made for the test: what is started, recorded, told."""

from __future__ import annotations

import errno
import json
import math
import os

import anyio
import anyio.lowlevel
import pytest

from pyexp import Executor, Failed, Passed, Tensor
from pyexp.config.config import Config
from pyexp.errors import ExecutorError, OutputError
from pyexp.executors.base import Session
from pyexp.executors.invoke import run_task
from pyexp.scheduler.dispatch import Dispatcher, Limits
from pyexp.scheduler.events import RunFinished, RunRetried, RunStarted
from pyexp.scheduler.retry import RetryPolicy
from pyexp.store.batch import Batch
from pyexp.store.outcomes import save_result
from pyexp.task import Status


class Body:
    is_async = False

    def __call__(self, run):
        if run.config.get("fails"):
            raise ValueError(run.name)
        return run.config.x


class Scripted(Executor):
    """Answers by calling *act* with the task."""

    def __init__(self, act) -> None:
        self.act = act
        self.running = 0
        self.most = 0

    async def execute(self, task):
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            return await self.act(task)
        finally:
            self.running -= 1


async def run_it(task):
    await anyio.lowlevel.checkpoint()
    return run_task(task)


@pytest.fixture
def make_batch(tmp_path):
    claims = []

    def make(*configs):
        named = [Config({"name": f"r{position}"} | config) for position, config in enumerate(configs)]
        batch, claim = Batch.create(tmp_path / "exp", Tensor(named), {})
        claims.append(claim)
        return batch

    yield make
    for claim in claims:
        claim.release()


def dispatch(batch, executor, *, jobs=None, owns_loop=True, **limits):
    """Dispatch all of *batch*; gives the events."""

    async def main():
        send, receive = anyio.create_memory_object_stream(math.inf)
        session = Session(body=Body(), jobs=jobs, owns_loop=owns_loop)
        dispatcher = Dispatcher(batch, executor, session, limits=Limits(**limits), events=send)
        with receive:
            try:
                await dispatcher.dispatch(batch.folders)
            finally:
                send.close()
                events.extend([event async for event in receive])

    events = []
    anyio.run(main)
    return events


def statuses(batch):
    return [record.status.value for record in batch.records()]


def told_pid(batch, position):
    return json.loads(batch.run(batch.folders[position]).status.read_bytes())["pid"]


@pytest.mark.parametrize("owns_loop", [True, False])
def test_runs_are_executed_recorded_and_told(make_batch, owns_loop):
    batch = make_batch({"x": 1}, {"x": 2, "fails": True})

    events = dispatch(batch, Scripted(run_it), jobs=1, owns_loop=owns_loop)

    assert statuses(batch) == ["passed", "failed"]
    assert [type(event) for event in events] == [RunStarted, RunFinished, RunStarted, RunFinished]
    assert [(e.name, e.state.status, e.state.attempts) for e in events[1::2]] == [
        ("r0", "passed", 1),
        ("r1", "failed", 1),
    ]
    told = json.loads(batch.run(batch.folders[1]).status.read_bytes())
    assert told["error"].startswith("ValueError: r1\n")
    assert told["finished"] - told["started"] == told["duration"]


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 3])
def test_no_more_run_at_once_than_allowed(make_batch, jobs):
    async def linger(task):
        await anyio.sleep(0.01)
        return run_task(task)

    executor = Scripted(linger)
    dispatch(make_batch(*({"x": x} for x in range(9))), executor, jobs=jobs)

    assert executor.most == jobs


def test_failed_attempts_are_repeated_with_pauses(make_batch):
    seen = []

    async def fail_twice(task):
        seen.append(task.attempt)
        return run_task(task) if len(seen) == 3 else Failed(error=f"E: {len(seen)}")

    batch = make_batch({"x": 1})
    events = dispatch(batch, Scripted(fail_twice), retry=RetryPolicy(retries=5, first_delay_s=0.001))

    assert seen == [1, 2, 3]
    assert [(e.attempt, e.delay_s) for e in events if isinstance(e, RunRetried)] == [(1, 0.001), (2, 0.002)]
    assert (events[-1].state.status, events[-1].state.attempts) == ("passed", 3)


def test_last_failure_is_recorded_when_the_retries_are_used_up(make_batch):
    async def fail(task):
        return Failed(error=f"E: {task.attempt}")

    batch = make_batch({"x": 1})
    dispatch(batch, Scripted(fail), retry=RetryPolicy(retries=1, first_delay_s=0))

    (record,) = batch.records()
    assert (record.status, record.error, record.attempts) == ("failed", "E: 2", 2)


def test_each_attempt_gets_the_config_as_it_was(make_batch):
    seen = []

    async def spoil(task):
        seen.append(task.config.x)
        task.config.x = "spoilt"
        return Failed(error="E")

    dispatch(make_batch({"x": 1}), Scripted(spoil), retry=RetryPolicy(retries=1, first_delay_s=0))

    assert seen == [1, 1]


def test_fail_fast_ends_what_runs_and_starts_nothing_more(make_batch):
    async def act(task):
        if task.config.x == 1:
            return Failed(error="E: first")
        return await anyio.sleep_forever()

    batch = make_batch(*({"x": x} for x in range(4)))
    dispatch(batch, Scripted(act), jobs=2, fail_fast=True)

    assert statuses(batch) == ["interrupted", "failed", "pending", "pending"]


@pytest.mark.slow
def test_timeout_is_per_attempt(make_batch):
    async def hang_once(task):
        if task.attempt == 1:
            await anyio.sleep_forever()
        return run_task(task)

    batch = make_batch({"x": 1})
    events = dispatch(batch, Scripted(hang_once), timeout_s=0.05, retry=RetryPolicy(retries=1, first_delay_s=0))

    retried = next(event for event in events if isinstance(event, RunRetried))
    assert retried.error == "TimeoutError: no result within 0.05 s; the run's processes were terminated"
    assert statuses(batch) == ["passed"]


@pytest.mark.slow
def test_pid_is_the_runs_own_once_it_has_told(make_batch):
    seen = []

    async def act(task):
        seen.append(told_pid(batch, 0))
        return Failed(error="E", pid=7) if task.config.x == 0 else await anyio.sleep_forever()

    batch = make_batch({"x": 0}, {"x": 1})
    dispatch(batch, Scripted(act), jobs=1, timeout_s=0.05)

    assert (seen[0], told_pid(batch, 0), told_pid(batch, 1)) == (os.getpid(), 7, os.getpid())


def test_result_alone_decides(make_batch):
    async def say_the_opposite(task):
        if task.config.x == 0:
            return Passed()
        save_result(task.out / "result.pkl", task.config.x)
        return Failed(error="E: but there is a result")

    batch = make_batch({"x": 0}, {"x": 1})
    dispatch(batch, Scripted(say_the_opposite))

    assert statuses(batch) == ["failed", "passed"]
    assert "is not there" in batch.records()[0].error
    assert json.loads(batch.run(batch.folders[1]).status.read_bytes())["digest"].startswith("sha256:")


def test_executor_that_raises_fails_the_run_alone(make_batch):
    async def act(task):
        if task.config.x == 0:
            raise RuntimeError("the service is gone")
        if task.config.x == 1:
            return "a value instead of an outcome"
        return run_task(task)

    batch = make_batch(*({"x": x} for x in range(3)))
    dispatch(batch, Scripted(act))

    assert statuses(batch) == ["failed", "failed", "passed"]
    errors = [record.error for record in batch.records()]
    assert errors[0] == "RuntimeError: the service is gone"
    assert errors[1].startswith("TypeError: Scripted.execute() returned 'a value")


@pytest.mark.slow
def test_cancellation_records_before_it_goes_on(make_batch):
    batch = make_batch({"x": 0}, {"x": 1}, {"x": 2})

    async def pass_or_hang(task):
        if task.config.x == 0:
            return run_task(task)
        if task.config.x == 1:
            save_result(task.out / "result.pkl", 1)
        return await anyio.sleep_forever()

    async def main():
        send, receive = anyio.create_memory_object_stream(math.inf)
        dispatcher = Dispatcher(
            batch, Scripted(pass_or_hang), Session(body=Body(), owns_loop=True), limits=Limits(), events=send
        )
        with send, receive, anyio.move_on_after(0.1):
            await dispatcher.dispatch(batch.folders)

    anyio.run(main)
    assert statuses(batch) == ["passed", "passed", "interrupted"]


def test_record_that_cannot_be_written_stops_the_batch(make_batch, monkeypatch):
    batch = make_batch({"x": 0}, {"x": 1})

    def save(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    async def spoil(task):
        if task.config.x == 1:
            await anyio.sleep_forever()
        monkeypatch.setattr("pyexp.scheduler.run.save_status", save)
        return run_task(task)

    with pytest.raises(OutputError, match="the state of a run could not be written"):
        dispatch(batch, Scripted(spoil))


def test_executor_that_cannot_start_is_said(make_batch):
    class Unstartable(Executor):
        def open(self, session):
            raise OSError(11, "no more processes")

    with pytest.raises(ExecutorError, match=r"Unstartable could not be started: .*no more processes"):
        dispatch(make_batch({"x": 0}), Unstartable())


def test_run_with_a_damaged_config_fails_alone(make_batch):
    batch = make_batch({"x": 0}, {"x": 1})
    batch.run(batch.folders[0]).config.write_bytes(b"{")

    dispatch(batch, Scripted(run_it))

    assert statuses(batch) == ["failed", "passed"]
    assert batch.records()[0].error.startswith("DamagedFileError: ")


@pytest.mark.slow
def test_devices_are_never_shared(make_batch):
    held: set[str] = set()

    async def hold(task):
        mine = set(task.environment["CUDA_VISIBLE_DEVICES"].split(","))
        assert not mine & held
        held.update(mine)
        await anyio.sleep(0.005)
        held.difference_update(mine)
        return run_task(task)

    batch = make_batch(*({"x": x} for x in range(10)))
    executor = Scripted(hold)
    dispatch(batch, executor, jobs=8, gpus=2, devices=["0", "1", "2", "3", "4"])

    assert statuses(batch) == [Status.PASSED] * 10
    assert executor.most == 2

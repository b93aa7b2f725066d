"""A run ends when its time is over, when it is cancelled, when it returns: all of it, every time."""

from __future__ import annotations

import asyncio

import anyio
import pytest

from pyexp.executors.base import Session
from pyexp.store.batch import Batch
from pyexp.store.batches.finding import find_batch
from support import bodies
from support.experiments import make_runner, run_all, run_one
from support.processes import is_alive
from support.waiting import wait_until

# How a run hangs, and how many processes it has then.
WAYS = {"sleep": 1, "c-loop": 1, "stubborn": 3}


def hanging(pids) -> list[dict[str, str]]:
    """A config for each way, with a file for its processes."""
    return [{"name": way, "way": way, "pids": str(pids.of(way).path)} for way in WAYS]


def living(pids) -> list[int]:
    return [pid for way in WAYS for pid in pids.of(way).living()]


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch):
    monkeypatch.setitem(Session.__init__.__kwdefaults__, "grace_s", 0.5)


def test_timeout_ends_the_whole_tree(isolated, tmp_path, pids):
    results = run_all(bodies.hang, hanging(pids), tmp_path, executor=isolated.make(), timeout=3, jobs=len(WAYS))

    assert {result.status for result in results} == {"timeout"}
    for result in results:
        assert result.error.startswith("TimeoutError: no result within 3 s")
    assert {way: len(pids.of(way).all()) for way in WAYS} == WAYS
    assert living(pids) == []


def test_timeout_ends_an_async_run_in_this_process(tmp_path):
    async def hang(config):
        await asyncio.sleep(600)

    assert run_one(hang, {}, tmp_path, executor="inline", timeout=0.2).status == "timeout"


def test_cancelling_arun_leaves_no_process(isolated, tmp_path, pids):
    runner = make_runner(bodies.hang, hanging(pids), tmp_path)

    async def cancel_when_all_run():
        task = asyncio.create_task(runner.arun(executor=isolated.make(), jobs=len(WAYS)))
        for way, count in WAYS.items():
            await anyio.to_thread.run_sync(pids.of(way).wait_for, count)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return living(pids)

    assert asyncio.run(cancel_when_all_run()) == []
    records = Batch.open(find_batch(tmp_path / "exp")).records()
    assert [record.status for record in records] == ["interrupted"] * len(WAYS)


def test_cancelled_scope_ends_an_async_run_in_this_process(tmp_path):
    async def hang(config):
        try:
            await asyncio.sleep(600)
        finally:
            (config.out / "cleaned-up").touch()

    runner = make_runner(hang, [{}], tmp_path)

    async def cancel():
        with anyio.move_on_after(0.5):
            await runner.arun(executor="inline")

    anyio.run(cancel)
    (result,) = runner.results()
    assert result.status == "interrupted"
    assert (result.out / "cleaned-up").exists()


def test_what_a_run_leaves_behind_is_ended(isolated, tmp_path):
    configs = [{"name": way, "way": way} for way in ("popen", "session", "fork", "multiprocessing")]

    for result in run_all(bodies.leave_child, configs, tmp_path, executor=isolated.make(), timeout=60):
        assert result.status == "passed", (result.config.name, result.error)
        sleeper = result.result
        wait_until(lambda pid=sleeper: not is_alive(pid), timeout_s=2, what=f"the end of {result.config.name}")


def test_crashed_runs_children_are_ended_with_the_batch(isolated, tmp_path, pids):
    def crash(config):
        import os
        import subprocess
        import sys
        from pathlib import Path

        sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
        child = subprocess.Popen(sleeper, start_new_session=True)
        Path(config.pids).write_text(str(child.pid))
        os.abort()

    result = run_one(crash, {"pids": str(pids.path)}, tmp_path, executor=isolated.make())

    assert "killed by SIGABRT" in result.error
    assert pids.living() == []

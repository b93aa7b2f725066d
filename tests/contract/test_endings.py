"""A run ends when its time is over, when it is cancelled, when it returns: all of it, every time."""

from __future__ import annotations

import asyncio

import anyio
import pytest

from pyexp.executors.base import Session
from pyexp.store.batch import Batch
from pyexp.store.batches.finding import find_batch
from support import bodies
from support.experiments import make_runner, run_one
from support.processes import is_alive
from support.waiting import wait_until

WAYS = [("sleep", 1), ("c-loop", 1), ("stubborn", 3)]


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch):
    monkeypatch.setitem(Session.__init__.__kwdefaults__, "grace_s", 0.5)


@pytest.mark.parametrize(("way", "count"), WAYS)
def test_timeout_ends_the_whole_tree(isolated, tmp_path, pids, way, count):
    config = {"way": way, "pids": str(pids.path)}

    result = run_one(bodies.hang, config, tmp_path, executor=isolated.make(), timeout=1.5)

    assert result.status == "timeout"
    assert result.error.startswith("TimeoutError: no result within 1.5 s")
    assert len(pids.all()) == count
    assert pids.living() == []


def test_timeout_ends_an_async_run_in_this_process(tmp_path):
    async def hang(config):
        await asyncio.sleep(600)

    assert run_one(hang, {}, tmp_path, executor="inline", timeout=0.2).status == "timeout"


@pytest.mark.parametrize(("way", "count"), WAYS)
def test_cancelling_arun_leaves_no_process(isolated, tmp_path, pids, way, count):
    runner = make_runner(bodies.hang, [{"way": way, "pids": str(pids.path)}], tmp_path)

    async def cancel_when_it_runs():
        task = asyncio.create_task(runner.arun(executor=isolated.make()))
        await anyio.to_thread.run_sync(pids.wait_for, count)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return pids.living()

    assert asyncio.run(cancel_when_it_runs()) == []
    (record,) = Batch.open(find_batch(tmp_path / "exp")).records()
    assert record.status == "interrupted"


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


@pytest.mark.parametrize("way", ["popen", "session", "fork", "multiprocessing"])
def test_what_a_run_leaves_behind_is_ended(isolated, tmp_path, way):
    result = run_one(bodies.leave_child, {"way": way}, tmp_path, executor=isolated.make(), timeout=60)

    assert result.status == "passed", result.error
    wait_until(lambda: not is_alive(result.result), timeout_s=2, what="the end of the sleeper")


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

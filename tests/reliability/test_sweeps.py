"""Whole sweeps: what overlaps, what is told while it goes on, and how much memory many runs take."""

from __future__ import annotations

import asyncio
import json

import pytest

from pyexp.store.batch import Batch
from pyexp.store.batches.finding import find_batch
from support.counts import counts
from support.experiments import make_runner, run_all
from support.waiting import wait_until


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver"])
def test_eight_sleepers_overlap(tmp_path, executor):
    def sleep(config):
        import time

        started = time.time()
        time.sleep(1)
        return started, time.time()

    results = run_all(sleep, [{"x": x} for x in range(8)], tmp_path, executor=executor, jobs=8)

    spans = [r.result for r in results]
    assert max(started for started, _ in spans) < min(ended for _, ended in spans)


def test_async_runs_overlap_in_one_process(tmp_path):
    meeting = asyncio.Barrier(8)

    async def meet(config):
        async with asyncio.timeout(20):
            await meeting.wait()

    results = run_all(meet, [{"x": x} for x in range(8)], tmp_path, executor="inline", jobs=8)

    assert {r.status for r in results} == {"passed"}


MANY = """

@pyexp.experiment(executor="inline")
def exp(config):
    return config.x

exp.configs(lambda: [{"x": x} for x in range(int(os.environ["COUNT"]))])

@exp.report
def report(results):
    assert all(r.ok for r in results)
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@counts("count", 300, 10_000)
def test_many_runs_in_little_memory(script, count):
    done = script.write(MANY).run(env={"COUNT": str(count)}, timeout_s=900)

    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) < 150 * 1024


GATED = """
@pyexp.experiment(jobs=1)
def exp(config):
    print("line of", config.x, flush=True)
    while config.x and not (HERE / "go").exists():
        time.sleep(0.01)
    return config.x

exp.configs(lambda: [{"x": x} for x in range(3)])
exp.report(lambda results: None)
"""


def test_results_can_be_read_while_the_batch_runs(script):
    process = script.write(GATED).start()
    wait_until(lambda: list(script.statuses().values())[:2] == ["passed", "running"], what="the second run")

    listed = script.run("--list").stdout
    runner = make_runner(lambda config: None, [], script.folder / "out")
    first, second, third = runner.results()

    assert "1 pending, 1 running, 1 passed" in listed
    assert [r.status for r in (first, second, third)] == ["passed", "running", "pending"]
    assert (first.result, second.result) == (0, None)
    assert "has not been executed yet" in third.error
    (script.folder / "go").touch()
    assert process.communicate(timeout=30)
    assert process.returncode == 0


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver"])
def test_output_is_shown_live_with_the_runs_name(script, executor):
    process = script.write(GATED).start("-s", "-j2", "--executor", executor)

    assert sorted(process.stdout.readline() for _ in range(2)) == ["[config0] line of 0\n", "[config1] line of 1\n"]

    (script.folder / "go").touch()
    assert process.stdout.read() == "[config2] line of 2\n"
    process.communicate(timeout=30)
    assert [(run / "log.out").read_text() for run in script.runs()] == [f"line of {x}\n" for x in range(3)]


def test_one_run_at_a_time_needs_no_name(script):
    (script.folder / "go").touch()
    done = script.write(GATED).run("-s", "-j1")

    assert done.stdout == "line of 0\nline of 1\nline of 2\n"


def test_lost_index_is_rebuilt_by_the_next_owner(tmp_path):
    runner = make_runner(lambda config: config.x, [{"x": x} for x in range(3)], tmp_path, executor="inline")
    runner.run()
    root = find_batch(tmp_path / "exp")
    (root / "index.jsonl").unlink()

    assert [record.status for record in Batch.open(root).records()] == ["passed"] * 3
    runner.run(continue_run=True)

    lines = [json.loads(line) for line in (root / "index.jsonl").read_text().splitlines()]
    assert [line["status"] for line in lines] == ["passed"] * 3


def test_leaving_a_stream_early_ends_the_children(tmp_path):
    def announce_and_wait(config):
        import os
        import time
        from pathlib import Path

        if config.x:
            Path(config.pids, str(os.getpid())).touch()
            time.sleep(600)

    pids = tmp_path / "pids"
    pids.mkdir()
    runner = make_runner(announce_and_wait, [{"x": x, "pids": str(pids)} for x in range(3)], tmp_path / "out")

    async def take_one():
        async for result in runner.astream(jobs=3, executor="fork"):
            await asyncio.to_thread(wait_until, lambda: len(list(pids.iterdir())) == 2)
            assert result.result is None
            break
        await asyncio.to_thread(wait_until, lambda: statuses()[1:] == ["interrupted"] * 2)

    def statuses():
        return [result.status for result in runner.results()]

    asyncio.run(take_one())
    assert statuses() == ["passed", "interrupted", "interrupted"]

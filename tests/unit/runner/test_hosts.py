"""What becomes of a batch when its caller goes away at an awkward moment."""

from __future__ import annotations

import asyncio
import threading

import pytest

from pyexp.errors import SettingsError
from pyexp.runner.start import batch_facts
from pyexp.store.batch import Batch
from pyexp.store.batches.finding import find_batch
from support.experiments import make_runner
from support.waiting import wait_until


def cancelled_at(runner, entered: threading.Event, go: threading.Event) -> None:
    """Start *runner* in a loop, cancel it once *entered* is set, and let it go on then."""

    async def cancel():
        task = asyncio.create_task(runner.arun())
        await asyncio.to_thread(wait_until, entered.is_set)
        task.cancel()
        asyncio.get_running_loop().call_later(0.05, go.set)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    go.set()  # where the thread is left alone, the loop has ended before


@pytest.mark.slow
def test_cancelled_while_the_batch_is_made_releases_it(tmp_path, monkeypatch):
    entered, go = threading.Event(), threading.Event()

    def collect(*arguments):
        entered.set()
        assert go.wait(20)
        return batch_facts.collect_facts(*arguments)

    runner = make_runner(lambda config: config.x, [{"x": 1}], tmp_path, executor="inline")
    with monkeypatch.context() as patch:
        patch.setattr("pyexp.runner.start.begin.collect_facts", collect)
        cancelled_at(runner, entered, go)

    Batch.open(find_batch(tmp_path / "exp")).claim().release()
    (result,) = runner.run(continue_run=True)
    assert result.result == 1


def test_cancelled_while_configs_are_asked_for_makes_no_batch(tmp_path):
    entered, go = threading.Event(), threading.Event()

    def configs():
        entered.set()
        assert go.wait(20)
        return [{"x": 1}]

    runner = make_runner(lambda config: config.x, [], tmp_path, executor="inline")
    runner.configs(configs)
    cancelled_at(runner, entered, go)

    assert list(tmp_path.iterdir()) == []


def test_configs_that_raise_are_raised(tmp_path):
    runner = make_runner(lambda config: None, [], tmp_path)

    @runner.configs
    def configs():
        raise ZeroDivisionError("in the configs")

    with pytest.raises(ZeroDivisionError):
        runner.run()
    with pytest.raises(ZeroDivisionError):
        asyncio.run(runner.arun())


def test_strict_raises_after_the_report(tmp_path):
    from pyexp import ExperimentsFailedError

    reported = []

    def fail(config):
        raise ValueError("no")

    runner = make_runner(fail, [{"x": 1}], tmp_path, executor="inline")
    runner.report(reported.append)

    with pytest.raises(ExperimentsFailedError, match="1 failed"):
        runner.run(strict=True)
    assert len(reported) == 1


def test_asynchronous_report_is_awaited(tmp_path):
    async def report(results):
        await asyncio.sleep(0)
        return [r.result for r in results]

    runner = make_runner(lambda config: config.x, [{"x": 1}], tmp_path, executor="inline")
    runner.report(report)

    assert runner.run() == [1]
    assert asyncio.run(runner.arun()) == [1]


@pytest.mark.slow
def test_run_works_inside_a_running_loop(tmp_path):
    runner = make_runner(lambda config: config.x, [{"x": 1}], tmp_path, executor="fork")

    async def cell():
        return runner.run()

    assert [r.result for r in asyncio.run(cell())] == [1]


def test_missing_devices_are_told_before_there_is_a_batch(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    runner = make_runner(lambda config: config.x, [{"x": 1}], tmp_path, executor="inline")

    for start in (runner.run, lambda **settings: asyncio.run(runner.arun(**settings))):
        for settings in ({}, {"dry_run": True}):
            with pytest.raises(SettingsError, match=r"gpus=1 asks for more devices than there are: found 0"):
                start(gpus=1, **settings)
    assert list(tmp_path.iterdir()) == []


def test_devices_that_cannot_be_kept_apart_are_told_before_there_is_a_batch(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    runner = make_runner(lambda config: config.x, [{"x": 1}], tmp_path, executor="inline")

    with pytest.raises(SettingsError, match="gpus=1 with runs in one process"):
        runner.run(gpus=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["pyexp.runner.phases.Execution", "pyexp.runner.execution.Dispatcher"])
@pytest.mark.slow
def test_start_that_fails_releases_the_batch(tmp_path, monkeypatch, place):
    def fail(*_, **__):
        raise RuntimeError("cannot start")

    runner = make_runner(lambda config: config.x, [{"x": 1}], tmp_path, executor="inline")
    for start in (runner.run, lambda: asyncio.run(runner.arun())):
        with monkeypatch.context() as patch:
            patch.setattr(place, fail)
            with pytest.raises(RuntimeError, match="cannot start"):
                start()
        (result,) = asyncio.run(runner.arun(continue_run=True))
        assert result.result == 1


@pytest.mark.parametrize("is_async", [False, True])
def test_a_report_that_raises_says_how_many_runs_have_no_result(tmp_path, is_async):
    def report(results):
        return [r.result["y"] for r in results]

    async def report_later(results):
        return report(results)

    runner = make_runner(
        lambda config: {"y": 1 / config.x}, [{"x": 0}, {"x": 1}, {"x": 2}], tmp_path, executor="inline"
    )
    runner.report(report_later if is_async else report)
    with pytest.raises(TypeError) as raised:
        runner.run(filter="config[01]")
    (note,) = raised.value.__notes__
    assert note == "2 of 3 runs have no result (1 pending, 1 failed): result.ok says which, result.error why"

"""Which Ray a batch uses, what is said when there is none, and what is left of it afterwards."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

import pytest
import ray

from clusters.heads import free_port
from pyexp import RayExecutor, get_executor
from pyexp.errors import ExecutorError
from support import bodies
from support.experiments import make_runner, run_all, run_one
from support.processes import marked
from support.waiting import wait_until

SMALL = {"object_store_memory": 100_000_000}


@pytest.fixture(autouse=True)
def _project(monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[1])


def test_ray_started_for_a_batch_is_gone_afterwards(tmp_path, monkeypatch):
    monkeypatch.setenv("PYEXP_TEST_MARK", mark := f"joining-{tmp_path.name}")
    # Short, for Ray's sockets are in it.
    scratch = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))

    results = run_all(bodies.square, [{"x": x} for x in range(3)], tmp_path, executor=RayExecutor(**SMALL))

    assert [result.result for result in results] == [0, 1, 4]
    assert not ray.is_initialized()
    wait_until(lambda: set(marked(mark)) <= {os.getpid()}, timeout_s=5, what="the end of what was started")
    assert list(scratch.iterdir()) == []
    scratch.rmdir()
    assert "RAY_AUTH_TOKEN" not in os.environ


def test_batches_of_one_process_share_their_ray(tmp_path):
    async def both():
        runners = [make_runner(bodies.square, [{"x": x}], tmp_path / str(x)) for x in (2, 3)]
        return await asyncio.gather(*(runner.arun(executor=RayExecutor(**SMALL)) for runner in runners))

    (first,), (second,) = asyncio.run(both())

    assert (first.result, second.result) == (4, 9)
    assert not ray.is_initialized()


def test_joined_cluster_is_left_as_it_was(cluster, tmp_path):
    for executor in (get_executor(f"ray:{cluster.address}"), get_executor(cluster.client)):
        assert run_one(bodies.square, {"x": 3}, tmp_path, executor=executor).result == 9
        assert not ray.is_initialized()


def test_address_of_the_environment_is_joined(cluster, tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)

    def where(config):
        return __file__

    assert run_one(where, {}, tmp_path, executor="ray").error is None


def test_ray_of_the_program_is_used_and_left_running(cluster, tmp_path):
    ray.init(address=cluster.address, log_to_driver=False, runtime_env={"working_dir": "."})
    try:
        assert run_one(bodies.square, {"x": 3}, tmp_path, executor="ray").result == 9
        assert ray.is_initialized()
        with pytest.raises(ExecutorError, match="connected to a Ray already"):
            run_one(bodies.square, {"x": 3}, tmp_path, executor="ray:127.0.0.1:1")
    finally:
        ray.shutdown()


@pytest.mark.parametrize("form", ["ray:127.0.0.1:{port}", "ray://127.0.0.1:{port}"])
def test_nobody_at_the_address(tmp_path, form):
    name = form.format(port=free_port())

    with pytest.raises(ExecutorError, match=r"no Ray responds at .*check that the cluster is up"):
        run_one(bodies.square, {"x": 3}, tmp_path, executor=name)


def test_more_than_this_machine_has(tmp_path):
    with pytest.raises(ExecutorError, match="each run needs 1 unobtainium"):
        run_one(bodies.square, {"x": 3}, tmp_path, executor=RayExecutor(resources={"unobtainium": 1}, **SMALL))
    assert not ray.is_initialized()


def test_argument_that_ray_does_not_know(tmp_path):
    with pytest.raises(ExecutorError, match=r"could not be started(.|\n)*no_such_thing"):
        run_one(bodies.square, {"x": 3}, tmp_path, executor=RayExecutor(no_such_thing=1))


def test_environment_that_cannot_be_set_up_is_the_runs_error(cluster, tmp_path):
    executor = RayExecutor(cluster.address, runtime_env={"working_dir": "file:///does/not/exist.zip"})

    with pytest.raises(ExecutorError, match="does/not/exist"):
        run_one(bodies.square, {"x": 3}, tmp_path, executor=executor)


def test_time_out_counts_from_the_start_of_the_run(cluster, tmp_path):
    """Four runs of a second on a resource that one of them takes: the last waits for longer than its time-out."""

    def sleep(config):
        import time

        time.sleep(1)

    executor = RayExecutor(cluster.address, num_cpus=4)

    results = run_all(sleep, [{"x": x} for x in range(6)], tmp_path, executor=executor, timeout=4)

    assert [result.status for result in results] == ["passed"] * 6

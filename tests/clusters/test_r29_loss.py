"""R29: a worker, a node, the driver or the whole cluster is killed: nothing is lost, run twice or left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from clusters.heads import head, node
from pyexp import RayExecutor
from pyexp.errors import ExecutorError
from support.experiments import make_runner
from support.processes import is_alive, kill_all, marked
from support.waiting import wait_until

TESTS = Path(__file__).parents[1]
# A node that does not answer is given up after 5 s, not after 15.
IMPATIENT = '--system-config={"health_check_initial_delay_ms": 1000, "health_check_period_ms": 1000}'


@pytest.fixture(autouse=True)
def _project(monkeypatch):
    monkeypatch.chdir(TESTS)


def announce_and_wait(config):
    """Tell in a file who runs this, then wait for the word to go on."""
    folder = Path(config.folder)
    with (folder / f"{config.name}.starts").open("a") as file:
        file.write(f"{os.getpid()} {_ray_worker()}\n")
    deadline = time.monotonic() + 60
    while not (folder / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return config.name


def _ray_worker() -> int:
    """The worker of the cluster whose lifeline this run hangs on: the owner that its supervisor was told; else 0."""
    *command, owner, _ = Path(f"/proc/{os.getppid()}/cmdline").read_bytes().split(b"\0")
    return int(owner) if command and command[-1].endswith(b"supervisor.py") else 0


class Starts:
    """What the runs told of themselves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def of(self, name: str) -> list[tuple[int, int]]:
        with suppress(FileNotFoundError):
            lines = (self.folder / f"{name}.starts").read_text().splitlines()
            return [tuple(map(int, line.split())) for line in lines]
        return []

    def wait(self, name: str, count: int = 1) -> tuple[int, int]:
        return wait_until(
            lambda: len(s := self.of(name)) >= count and s, timeout_s=60, what=f"start {count} of {name}"
        )[-1]

    def go(self) -> None:
        (self.folder / "go").touch()


@pytest.fixture
def starts(tmp_path) -> Starts:
    return Starts(tmp_path)


class InBackground(threading.Thread):
    """A batch under way in a thread of its own."""

    def __init__(self, runner, **settings) -> None:
        super().__init__()
        self.runner, self.settings = runner, settings
        self.results, self.error = None, None
        self.start()

    def run(self) -> None:
        try:
            self.results = self.runner.run(**self.settings)
        except Exception as error:
            self.error = error


def configs(tmp_path, *names):
    return [{"name": name, "folder": str(tmp_path)} for name in names]


@pytest.mark.parametrize("client", [False, True], ids=["joined", "through the client"])
def test_killed_worker_fails_its_run_alone_and_is_tried_again(cluster, starts, tmp_path, client):
    runner = make_runner(announce_and_wait, configs(tmp_path, "a", "b"), tmp_path)
    address = cluster.client if client else cluster.address
    batch = InBackground(runner, executor=RayExecutor(address), retries=1)
    pid, worker = starts.wait("a")
    starts.wait("b")

    os.kill(worker, signal.SIGKILL)

    wait_until(lambda: not is_alive(pid), timeout_s=5, what="the end of the run's process")
    starts.wait("a", 2)
    starts.go()
    batch.join()
    assert batch.error is None
    assert {r.name: (r.status, r.attempts, r.result) for r in batch.results} == {
        "a": ("passed", 2, "a"),
        "b": ("passed", 1, "b"),
    }


def test_killed_worker_is_told_in_the_error(cluster, starts, tmp_path):
    batch = InBackground(
        make_runner(announce_and_wait, configs(tmp_path, "a"), tmp_path), executor=RayExecutor(cluster.address)
    )
    _, worker = starts.wait("a")

    os.kill(worker, signal.SIGKILL)

    batch.join()
    (result,) = batch.results
    assert result.status == "failed"
    assert result.error.startswith("WorkerCrashedError: ")
    assert not (result.out / "result.pkl").exists()
    assert [path.name for path in result.out.iterdir() if path.name.startswith(".")] == []


def test_killed_node_fails_its_run_alone_and_is_tried_elsewhere(starts, tmp_path):
    with head("--num-cpus=1", IMPATIENT) as cluster, node(cluster, "--num-cpus=1") as second:
        runner = make_runner(announce_and_wait, configs(tmp_path, "a", "b"), tmp_path)
        batch = InBackground(runner, executor=RayExecutor(cluster.address), retries=2)
        workers = {name: starts.wait(name) for name in "ab"}
        lost = next(name for name, (_, worker) in workers.items() if is_below(worker, second.pid))

        second.close()

        pid, _ = workers[lost]
        wait_until(lambda: not is_alive(pid), timeout_s=5, what="the end of the lost run's process")
        starts.go()
        batch.join()
    assert batch.error is None
    assert {result.status for result in batch.results} == {"passed"}
    assert {r.name: r.attempts for r in batch.results}[lost] == 2


def test_lost_cluster_stops_the_batch_and_it_can_be_continued(starts, tmp_path):
    runner = make_runner(announce_and_wait, configs(tmp_path, "a", "b"), tmp_path)
    with head("--num-cpus=1") as cluster:
        batch = InBackground(runner, executor=RayExecutor(cluster.address), jobs=1)
        pid, _ = starts.wait("a")

        cluster.lifeline.close()

        batch.join()
        assert not is_alive(pid)
        assert isinstance(batch.error, ExecutorError)
        assert "cluster was lost" in str(batch.error)
    starts.go()
    results = runner.run(executor="inline", continue_run=True)
    assert {result.status for result in results} == {"passed"}


DRIVER = """
import sys
sys.path.insert(0, {tests!r})
import pyexp
from clusters.test_r29_loss import announce_and_wait

@pyexp.experiment(name="exp", output_dir={out!r}, stash=False)
def exp(config):
    return announce_and_wait(config)

@exp.configs
def configs():
    return [{{"name": name, "folder": {out!r}}} for name in ("a", "b", "c")]

if __name__ == "__main__":
    exp.run(executor={executor}, jobs=2)
"""


@pytest.mark.parametrize("way", ["started here", "joined"])
def test_killed_driver_leaves_nothing_and_the_batch_goes_on(request, starts, tmp_path, way):
    if way == "joined":
        executor = f"pyexp.RayExecutor({request.getfixturevalue('cluster').address!r})"
    else:
        executor = "pyexp.RayExecutor(object_store_memory=100_000_000)"
    script = tmp_path / "driver.py"
    script.write_text(DRIVER.format(tests=str(TESTS), out=str(tmp_path), executor=executor))
    mark = f"R29_{tmp_path.name}"
    command = [sys.executable, str(script)]
    environment = os.environ | {"PYEXP_TEST_MARK": mark}
    driver = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pids = [starts.wait(name)[0] for name in "ab"]
    before = ray_processes_marked(mark)

    driver.kill()
    driver.wait()

    try:
        wait_until(lambda: not any(map(is_alive, pids)), timeout_s=10, what="the end of the runs")
        # A worker of the joined cluster does not bear the mark; a Ray of ours does, every process of it.
        wait_until(lambda: not marked(mark), timeout_s=5, what="the end of everything that was started")
        assert (way == "started here") == bool(before)
    finally:
        kill_all(marked(mark))
    starts.go()
    subprocess.run([*command, "--continue"], env=environment, check=True, timeout=100)
    (batch,) = (tmp_path / "exp").iterdir()
    states = {p.parent.name[0]: json.loads(p.read_text()) for p in batch.glob("*/status.json")}
    assert {name: state["status"] for name, state in states.items()} == dict.fromkeys("abc", "passed")
    assert [len(starts.of(name)) for name in "abc"] == [2, 2, 1]
    assert not marked(mark)


def ray_processes_marked(mark: str) -> list[str]:
    return [command for command in marked(mark).values() if "raylet" in command]


def is_below(pid: int, ancestor: int) -> bool:
    while pid > 1:
        if pid == ancestor:
            return True
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return False

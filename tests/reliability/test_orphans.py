"""F8: what a run starts is gone with the run, in whatever session, environment and with whatever descriptors it is."""

from __future__ import annotations

import signal
import sys

import pytest

from support.processes import is_alive, kill_all
from support.scripts import kill_hard
from support.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a sub-reaper")

# Each run starts its processes, then ends in its own way; the run "keeper" keeps the batch going.
LEAVING = """
import signal

def start(way):
    if os.fork():
        return
    if "session" in way:
        os.setsid()
    if "group" in way:
        os.setpgid(0, 0)
    if "double" in way and os.fork():
        os._exit(0)
    (HERE / f"left-{os.getpid()}").touch()
    if "deaf" in way:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "closed" in way:
        os.closerange(0, 256)
    os.execve("/bin/sleep", ["sleep", "600"], {} if "env" in way else dict(os.environ))

def end(way):
    match way:
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "aborted":
            os.abort()
        case "exited":
            os._exit(3)
        case "raised":
            raise ValueError("no")
        case "sleeps":
            time.sleep(600)

WAYS = [
    "session env",
    "group env closed",
    "session double env closed",
    "double env deaf",
    "session env deaf closed",
]

@pyexp.experiment(jobs=8, stash=False)
def exp(config):
    if config.name == "keeper":
        while not (HERE / "done").exists():
            time.sleep(0.01)
        return
    for way in WAYS:
        start(way)
    while len(list(HERE.glob("left-*"))) < len(WAYS):
        time.sleep(0.01)
    end(config.end)

exp.configs(lambda: [{"name": "keeper", "end": ""}, {"name": "leaver", "end": os.environ["END"]}])
"""
WAYS = 5
EXECUTORS = pytest.mark.parametrize("executor", ["subprocess", "forkserver"])


def left(script) -> list[int]:
    return [int(path.name.partition("-")[2]) for path in script.folder.glob("left-*")]


@pytest.fixture(autouse=True)
def _no_leftovers(script):
    yield
    kill_all(dict.fromkeys(left(script), ""))


def start(script, executor: str, end: str, *arguments: str):
    process = script.write(LEAVING).start("--executor", executor, *arguments, env={"END": end})
    wait_until(lambda: len(left(script)) == WAYS, timeout_s=30, what="all children")
    return process


@EXECUTORS
def test_f08_nothing_is_left_of_a_killed_runner(script, executor):
    process = start(script, executor, "sleeps")

    kill_hard(process)

    wait_until(lambda: not any(map(is_alive, left(script))), timeout_s=10, what="the end of the children")
    wait_until(lambda: not script.processes(), timeout_s=10, what="the end of all processes")


@EXECUTORS
@pytest.mark.parametrize("end", ["killed", "aborted", "exited", "raised", "returned", "timed out"])
def test_f08_children_are_gone_with_their_run(script, executor, end):
    limit = ("--timeout", "3") if end == "timed out" else ()
    process = start(script, executor, "sleeps" if end == "timed out" else end, *limit)

    wait_until(lambda: not any(map(is_alive, left(script))), timeout_s=20, what="the end of the children")

    assert process.poll() is None
    (script.folder / "done").touch()
    process.wait(30)


@EXECUTORS
def test_f08_children_end_with_ctrl_c(script, executor):
    process = start(script, executor, "sleeps")

    process.send_signal(signal.SIGINT)

    process.wait(30)
    assert not any(map(is_alive, left(script)))

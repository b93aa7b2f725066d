"""The parent is killed without warning."""

from __future__ import annotations

import random
import shutil
import time

import pytest

from support.counts import counts
from support.processes import is_alive
from support.scripts import kill_hard
from support.waiting import wait_until

SHORT_RUNS = """
@pyexp.experiment(jobs=3)
def exp(config):
    with (config.out / "executions").open("a") as file:
        file.write("x")
    time.sleep(0.04)
    return config.x * 10

exp.configs(lambda: [{"x": x} for x in range(8)])

@exp.report
def report(results):
    assert [r.result for r in results] == [x * 10 for x in range(8)], [r.error for r in results]
"""

LONG_RUNS = """
import ctypes

SLEEPER = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"

@pyexp.experiment(jobs=4)
def exp(config):
    match config.way:
        case "python":
            announce(config)
            time.sleep(600)
        case "c":
            announce(config)
            ctypes.PyDLL(None).sleep(600)
        case "grandchildren":
            subprocess.Popen([sys.executable, "-c", SLEEPER])
            subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True)
            announce(config)
            time.sleep(600)
        case "forks":
            if os.fork() == 0:
                os.setsid()
                time.sleep(600)
            announce(config)
            time.sleep(600)

def announce(config):
    (HERE / f"here-{config.way}").touch()

WAYS = ["python", "c", "grandchildren", "forks"]
exp.configs(lambda: [{"way": way} for way in WAYS])
"""


def executions(run) -> int:
    path = run / "executions"
    return len(path.read_text()) if path.exists() else 0


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver", "inline"])
@counts("trials", 1, 34)
def test_r01_kill9_of_the_parent(script, executor, trials):
    script.write(SHORT_RUNS)
    chance = random.Random(executor)

    for _ in range(trials):
        shutil.rmtree(script.folder / "out", ignore_errors=True)
        for _ in range(3):
            process = script.start(*(["--continue"] if script.batches() else []), "--executor", executor)
            time.sleep(chance.uniform(0.05, 0.5))  # the recipe: a random moment
            kill_hard(process)
        wait_until(lambda: not script.processes(), what="the end of the children")
        passed = {run: executions(run) for run in script.runs() if (run / "result.pkl").exists()}

        done = script.run(*(["--continue"] if script.batches() else []), "--executor", executor)

        assert done.returncode == 0, done.stderr
        assert len(script.batches()) == 1
        assert set(script.statuses().values()) == {"passed"}
        assert {run: executions(run) for run in passed} == passed


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver"])
@counts(("trials", "within_s"), (1, 10.0), (20, 0.5))
def test_r02_orphans(script, executor, trials, within_s):
    script.write(LONG_RUNS)

    for _ in range(trials):
        process = script.start("--executor", executor)
        wait_until(lambda: len(list(script.folder.glob("here-*"))) == 4, what="all runs at work")

        kill_hard(process)

        wait_until(lambda: not script.processes(), timeout_s=within_s, what="the end of all processes")
        for here in script.folder.glob("here-*"):
            here.unlink()


HIDDEN = """
@pyexp.experiment(executor="forkserver", jobs=2)
def exp(config):
    for options in ({"start_new_session": True}, {"process_group": 0}):
        pid = subprocess.Popen(["sleep", "600"], env={}, **options).pid
        (HERE / f"hidden-{pid}").touch()
    time.sleep(600)

exp.configs(lambda: [{"x": x} for x in range(2)])
"""


def test_r02_children_without_the_mark_end_with_their_fork_server(script):
    process = script.write(HIDDEN).start()
    wait_until(lambda: len(list(script.folder.glob("hidden-*"))) == 4, what="all children")
    pids = [int(path.name.partition("-")[2]) for path in script.folder.glob("hidden-*")]

    kill_hard(process)

    wait_until(lambda: not any(map(is_alive, pids)), timeout_s=10, what="the end of the children")
    wait_until(lambda: not script.processes(), timeout_s=10, what="the end of all processes")


def test_r02_runs_of_a_dead_owner_read_as_interrupted(script):
    script.write(LONG_RUNS)
    process = script.start("--executor", "fork")
    wait_until(lambda: len(list(script.folder.glob("here-*"))) == 4, what="all runs at work")

    kill_hard(process)

    wait_until(lambda: "4 interrupted" in script.run("--list").stdout, what="the dead owner to be noticed")

"""Runs that do not end, and what they leave when they do."""

from __future__ import annotations

import signal

import pytest

from pyexp.executors.base import DEFAULT_GRACE_S
from support import bodies
from support.counts import counts
from support.experiments import run_all
from support.processes import is_alive
from support.waiting import wait_until

TIMEOUT_S = 2.0


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver"])
@counts(("trials", "slack_s"), (1, 20.0), (5, 1.0))
def test_r07_hang(tmp_path, executor, trials, slack_s):
    for trial in range(trials):
        pids = tmp_path / f"pids-{trial}"
        configs = [{"way": way, "pids": str(pids)} for way in ("sleep", "c-loop", "stubborn")]

        results = run_all(bodies.hang, configs, tmp_path, executor=executor, timeout=TIMEOUT_S, jobs=3)

        assert [r.status for r in results] == ["timeout"] * 3
        announced = [int(pid) for pid in pids.read_text().split()]
        assert len(announced) == 5
        assert [pid for pid in announced if is_alive(pid)] == []
        assert max(r.duration for r in results) <= TIMEOUT_S + DEFAULT_GRACE_S + slack_s


FORKS = """
from pyexp.executors.ending import guard

guard._FORK_PATIENCE_S = 1.0
os.register_at_fork(before=lambda: time.sleep(600 if (HERE / "hang").exists() else 0))

@pyexp.experiment(executor="fork", jobs=1)
def exp(config):
    (HERE / "hang").touch()
    return config.x

exp.configs(lambda: [{"x": x} for x in range(3)])
"""


def test_p06_fork_that_hangs_ends_the_runner(script):
    hung = script.write(FORKS).run()

    assert hung.returncode == -signal.SIGKILL
    sentence = "pyexp: os.fork() has not returned for 1 s, so this process was ended"
    assert sentence in hung.stderr
    assert sentence in (script.runs()[1] / "log.out").read_text()
    assert script.processes() == {}

    (script.folder / "hang").unlink()
    script.write(FORKS.replace('(HERE / "hang").touch()', "pass"))
    continued = script.run("--continue")
    assert continued.returncode == 0, continued.stderr
    assert "2 runs (1 passed already)" in continued.stderr


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver"])
@counts("trials", 1, 20)
def test_r08_grandchild_left_behind(tmp_path, executor, trials):
    configs = [{"way": way} for way in ("popen", "session", "fork", "multiprocessing")]
    for _ in range(trials):
        results = run_all(bodies.leave_child, configs, tmp_path, executor=executor)

        assert [r.status for r in results] == ["passed"] * 4
        assert max(r.duration for r in results) < 60, "the runs waited for their sleepers"
        sleepers = [r.result for r in results]
        wait_until(lambda: not any(map(is_alive, sleepers)), timeout_s=2, what="the end of the sleepers")  # noqa: B023

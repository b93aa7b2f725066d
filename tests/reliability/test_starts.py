"""Several starts of one experiment side by side."""

from __future__ import annotations

import pytest

from support.counts import counts
from support.waiting import wait_until

GATED = """
@pyexp.experiment(jobs=2)
def exp(config):
    with (config.out / "executions").open("a") as file:
        file.write("x")
    if not (HERE / "second").exists():
        raise RuntimeError("not the first time")
    while not (HERE / "go").exists():
        time.sleep(0.01)
    return config.x

exp.configs(lambda: [{"x": x} for x in range(4)])
"""


@pytest.mark.parametrize("executor", ["subprocess", "forkserver", "inline"])
@counts("trials", 1, 25)
def test_r12_two_continue_at_once(script, executor, trials):
    script.write(GATED)
    for _ in range(trials):
        for gate in ("second", "go"):
            (script.folder / gate).unlink(missing_ok=True)
        assert script.run("--executor", executor).returncode == 0
        (script.folder / "second").touch()

        both = [script.start("--continue", "--executor", executor) for _ in range(2)]
        loser = wait_until(lambda: next((p for p in both if p.poll() is not None), None), what="one to be refused")  # noqa: B023
        winner = both[1 - both.index(loser)]
        (script.folder / "go").touch()
        _, told = loser.communicate(timeout=30)
        winner.communicate(timeout=30)

        assert (loser.returncode, winner.returncode) == (2, 0)
        assert f"process {winner.pid} on " in told
        assert "Traceback" not in told
        assert [(run / "executions").read_text() for run in script.runs()] == ["xx"] * 4


def test_r12_owner_takes_over_from_a_dead_one(script):
    script.write(GATED)
    (script.folder / "second").touch()
    first = script.start("--executor", "fork")
    wait_until(lambda: [run for run in script.runs() if (run / "executions").exists()], what="a run at work")
    first.kill()
    first.wait()
    (script.folder / "go").touch()

    done = script.run("--continue")

    assert done.returncode == 0, done.stderr
    assert set(script.statuses().values()) == {"passed"}


QUICK = """
@pyexp.experiment(executor="inline")
def exp(config):
    return config.x

exp.configs(lambda: [{"x": 1}])
"""


@counts("trials", 1, 10)
def test_r13_eight_starts_in_one_second(script, trials):
    script.write(QUICK)

    for _ in range(trials):
        processes = [script.start() for _ in range(8)]
        for process in processes:
            process.communicate(timeout=60)

        assert [process.returncode for process in processes] == [0] * 8

    batches = script.batches()
    assert len(batches) == 8 * trials
    assert all(len(list(batch.glob("*/result.pkl"))) == 1 for batch in batches)

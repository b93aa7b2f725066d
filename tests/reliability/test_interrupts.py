"""Ctrl-C on a real terminal, and the signals of schedulers and lost lines."""

from __future__ import annotations

import json
import random
import shutil
import signal
import time
from contextlib import closing

import pytest

from support.counts import counts
from support.terminal import CTRL_C, Terminal
from support.waiting import wait_until

STUBBORN = """
@pyexp.experiment(jobs=2)
def exp(config):
    if os.environ.get("QUICK"):
        return config.x
    if config.is_stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (config.out / "here").touch()
    while True:
        try:
            time.sleep(600)
        except KeyboardInterrupt:
            if not config.is_stubborn:
                raise

exp.configs(lambda: [{"x": x, "is_stubborn": bool(os.environ.get("STUBBORN"))} for x in range(4)])
"""

EXECUTORS = pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver", "inline"])


def flags(executor: str) -> list[str]:
    return ["--executor", executor, *(["-j1"] if executor == "inline" else [])]


def wait_for_work(script, terminal: Terminal | None = None) -> None:
    def is_at_work() -> bool:
        if terminal is not None:
            terminal.read()
        return any((run / "here").exists() for run in script.runs())

    wait_until(is_at_work, what="a run at work")


def require_resumable(script, executor: str) -> None:
    assert script.processes() == {}
    assert not {"running", "failed", "timeout"} & set(script.statuses().values())
    done = script.run("--continue", *flags(executor), env={"QUICK": "1"})
    assert done.returncode == 0, done.stderr
    assert set(script.statuses().values()) == {"passed"}


@EXECUTORS
@counts(("trials", "within_s"), (1, 30.0), (17, 6.0))
def test_r09_ctrl_c_once(script, executor, trials, within_s):
    script.write(STUBBORN)
    chance = random.Random(executor)
    for _ in range(trials):
        shutil.rmtree(script.folder / "out", ignore_errors=True)
        with closing(Terminal(script, *flags(executor))) as terminal:
            wait_for_work(script, terminal)
            time.sleep(chance.uniform(0, 0.3))  # the recipe: a random moment

            terminal.press(CTRL_C)
            waited_s = terminal.wait()

        assert terminal.process.returncode == 130
        assert waited_s <= within_s
        assert f"--continue={script.batches()[-1].name}" in terminal.shown.decode()
        assert "Traceback" not in terminal.shown.decode()
        require_resumable(script, executor)


@EXECUTORS
@counts(("trials", "within_s"), (1, 30.0), (17, 1.0))
def test_r09_ctrl_c_twice(script, executor, trials, within_s):
    script.write(STUBBORN)
    chance = random.Random(executor)
    for _ in range(trials):
        shutil.rmtree(script.folder / "out", ignore_errors=True)
        with closing(Terminal(script, *flags(executor), env={"STUBBORN": "1"})) as terminal:
            wait_for_work(script, terminal)
            terminal.press(CTRL_C)
            wait_until(lambda: terminal.read() or b"Ctrl-C again" in terminal.shown, what="an answer to the first")
            time.sleep(chance.uniform(0, 0.3))  # a person's second press, while the first is being obeyed
            assert terminal.process.poll() is None

            terminal.press(CTRL_C)
            waited_s = terminal.wait()

        assert terminal.process.returncode == 130
        assert waited_s <= within_s
        wait_until(lambda: not script.processes(), timeout_s=within_s, what="the end of all processes")
        if executor == "inline":
            # The run in the only thread there is was cut off: its record is completed by whoever continues.
            assert "interrupted" in script.run("--list").stdout
        done = script.run("--continue", *flags(executor), env={"QUICK": "1"})
        assert done.returncode == 0, done.stderr
        assert set(script.statuses().values()) == {"passed"}


@counts("trials", 2, 50)
def test_r09_ctrl_c_at_any_moment(script, trials):
    """From the first moment of the batch to its last: no run is left in a state that is not its own."""
    script.write(STUBBORN)
    chance = random.Random(9)
    for _ in range(trials):
        known = len(script.batches())
        with closing(Terminal(script, env={"QUICK": "1"})) as terminal:
            wait_until(lambda: terminal.read() or len(script.batches()) > known, what="the batch")  # noqa: B023
            time.sleep(chance.uniform(0, 0.6))  # the recipe: a random moment

            terminal.press(CTRL_C)
            terminal.wait()

        assert terminal.process.returncode in (0, 130, -2), terminal.shown.decode()
        assert script.processes() == {}
        assert "running" not in script.statuses().values()
        done = script.run("--continue", env={"QUICK": "1"})
        assert done.returncode == 0, done.stderr
        assert set(script.statuses().values()) == {"passed"}


@EXECUTORS
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_r09_termination_and_hangup(script, executor, number):
    process = script.write(STUBBORN).start(*flags(executor))
    wait_for_work(script)

    process.send_signal(number)
    _, told = process.communicate(timeout=30)

    assert process.returncode == 128 + number
    assert f"stopped by {number.name}" in told
    require_resumable(script, executor)


@counts("trials", 5, 500)
def test_r09_termination_beside_a_fork(script, trials):
    """Another thread receives a signal that comes while the main one forks."""
    script.write(STUBBORN)
    chance = random.Random(11)
    for _ in range(trials):
        shutil.rmtree(script.folder / "out", ignore_errors=True)
        process = script.start("--executor", "fork")
        wait_until(lambda: any(script.folder.glob("out/*/*/*/here")), what="a run at work", every_s=0.0005)
        time.sleep(chance.uniform(0, 0.004))  # the second run is forked just then

        process.send_signal(signal.SIGTERM)

        process.communicate(timeout=30)
        assert process.returncode == 128 + signal.SIGTERM
        assert script.processes() == {}


def test_r09_lost_line(script):
    """The terminal goes away, and with it the place to print to."""
    terminal = Terminal(script.write(STUBBORN), "--executor", "subprocess")
    wait_for_work(script, terminal)

    terminal.close()

    terminal.process.wait(timeout=30)
    assert terminal.process.returncode != 0
    require_resumable(script, "subprocess")


def test_r09_interrupted_runs_say_so(script):
    process = script.write(STUBBORN).start("--executor", "fork")
    wait_until(lambda: sum((run / "here").exists() for run in script.runs()) == 2, what="two runs at work")

    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)

    told = [json.loads((run / "status.json").read_bytes()) for run in script.runs() if (run / "status.json").exists()]
    assert [status["status"] for status in told] == ["interrupted"] * 2
    assert all(status["finished"] >= status["started"] for status in told)
    assert list(script.statuses().values()).count("pending") == 2

"""What a run returns, raises or does to itself comes back as the same outcome from every executor.

What happens to single runs is seen in one batch of each executor, which has a run for each of them.
"""

from __future__ import annotations

import json

import pytest

from support import bodies
from support.experiments import run_all, run_one

ACTS = {
    "square": {"x": 3},
    "square_by_loop": {"x": 3},
    "square_by_anyio": {"x": 3},
    "fail_on_odd": {"x": 1},
    "change_config": {"x": 1, "deep": {"y": 1}},
    "return_lock": {},
    "raise_odd": {},
    "exit_quietly": {},
    "interrupt": {},
}
DEATHS = {
    "exit": {"way": "exit"},
    **{signal: {"way": "signal", "signal": signal} for signal in ("SIGABRT", "SIGKILL", "SIGTERM")},
    "segfault": {"way": "segfault"},
}


@pytest.fixture(scope="module")
def acted(case, tmp_path_factory):
    """The results of one batch, by what its runs did."""
    configs = [{"name": act, "act": act, **config} for act, config in ACTS.items()]
    results = run_all(bodies.act, configs, tmp_path_factory.mktemp("acts"), executor=case.make())
    return {result.config.act: result for result in results}


@pytest.fixture(scope="module")
def died(isolated, tmp_path_factory):
    """The results of one batch, by how its runs' processes ended."""
    configs = [{"name": name, **config} for name, config in DEATHS.items()]
    results = run_all(bodies.die, configs, tmp_path_factory.mktemp("deaths"), executor=isolated.make())
    return {result.config.name: result for result in results}


def test_value_comes_back(acted):
    result = acted["square"]

    assert (result.status, result.result, result.error) == ("passed", 9, None)


def test_digest_of_the_result_is_recorded(acted):
    status = json.loads((acted["square"].out / "status.json").read_bytes())

    assert status["digest"].startswith("sha256:")
    assert status["attempts"] == 1


@pytest.mark.parametrize("act", ["square_by_loop", "square_by_anyio"])
def test_loops_of_the_runs_own_work(acted, act):
    assert acted[act].result == 9


def test_async_code_works(case, tmp_path):
    assert run_one(bodies.square_later, {"x": 3}, tmp_path, executor=case.make()).result == 9


def test_failure_tells_type_message_and_the_users_frames(acted):
    result = acted["fail_on_odd"]

    assert result.status == "failed"
    first, *rest = result.error.splitlines()
    assert first == "ValueError: 1 is odd"
    frames = [line for line in rest if line.startswith("  File")]
    assert "fail_on_odd" in frames[-1]
    assert "/pyexp/executors/" not in frames[0]


def test_failed_run_never_stops_the_others(acted):
    assert {act: result.status for act, result in acted.items()} == {
        "square": "passed",
        "square_by_loop": "passed",
        "square_by_anyio": "passed",
        "fail_on_odd": "failed",
        "change_config": "passed",
        "return_lock": "failed",
        "raise_odd": "failed",
        "exit_quietly": "failed",
        "interrupt": "failed",
    }


def test_function_defined_inside_a_function(case, tmp_path):
    offset = 40

    def add(config):
        return config.x + offset

    assert run_one(add, {"x": 2}, tmp_path, executor=case.make()).result == 42


def test_run_has_its_own_copy_of_the_config(acted):
    result = acted["change_config"]

    assert result.result == result.out
    assert (result.config.x, result.config.deep.y) == (1, 1)
    assert ACTS["change_config"] == {"x": 1, "deep": {"y": 1}}


def test_unpicklable_result_names_the_culprit(case, acted):
    result = acted["return_lock"]

    assert result.status == "failed"
    assert ("result['bad'][0].lock is a lock" if case.pickles else "cannot pickle") in result.error


def test_error_that_cannot_be_pickled_or_shown(acted):
    result = acted["raise_odd"]

    assert result.status == "failed"
    assert result.error.startswith("OddError: (its message cannot be shown: __str__ raised)")
    assert "raise_odd" in result.error


def test_system_exit_is_a_failure(acted):
    result = acted["exit_quietly"]

    assert result.status == "failed"
    assert result.error.startswith("SystemExit: the run called sys.exit(0)")


def test_keyboard_interrupt_of_the_runs_own_is_a_failure(acted):
    result = acted["interrupt"]

    assert result.status == "failed"
    assert result.error.startswith("KeyboardInterrupt")


def test_exit_code_is_named(died):
    result = died["exit"]

    assert result.status == "failed"
    assert "exited with code 3" in result.error
    assert json.loads((result.out / "status.json").read_bytes())["exit"] == 3


@pytest.mark.parametrize("signal", ["SIGABRT", "SIGKILL", "SIGTERM"])
def test_signal_is_named(died, signal):
    result = died[signal]

    assert result.status == "failed"
    assert f"killed by {signal}" in result.error
    assert ("out of memory" in result.error) == (signal == "SIGKILL")


def test_segmentation_fault_tells_where(died):
    result = died["segfault"]

    assert "killed by SIGSEGV" in result.error
    assert "Fatal Python error" in result.log

"""What a run returns, raises or does to itself comes back as the same outcome from every executor."""

from __future__ import annotations

import json

import pytest

from support import bodies
from support.experiments import run_all, run_one


def test_value_comes_back(case, tmp_path):
    result = run_one(bodies.square, {"x": 3}, tmp_path, executor=case.make())

    assert (result.status, result.result, result.error) == ("passed", 9, None)


def test_digest_of_the_result_is_recorded(case, tmp_path):
    result = run_one(bodies.square, {"x": 3}, tmp_path, executor=case.make())

    status = json.loads((result.out / "status.json").read_bytes())
    assert status["digest"].startswith("sha256:")
    assert status["attempts"] == 1


@pytest.mark.parametrize("function", [bodies.square_later, bodies.square_by_loop, bodies.square_by_anyio])
def test_async_code_works(case, tmp_path, function):
    assert run_one(function, {"x": 3}, tmp_path, executor=case.make()).result == 9


def test_failure_tells_type_message_and_the_users_frames(case, tmp_path):
    result = run_one(bodies.fail_on_odd, {"x": 1}, tmp_path, executor=case.make())

    assert result.status == "failed"
    first, *rest = result.error.splitlines()
    assert first == "ValueError: 1 is odd"
    frames = [line for line in rest if line.startswith("  File")]
    assert "fail_on_odd" in frames[-1]
    assert "/pyexp/executors/" not in frames[0]


def test_failed_run_never_stops_the_others(case, tmp_path):
    results = run_all(bodies.fail_on_odd, [{"x": x} for x in range(4)], tmp_path, executor=case.make())

    assert [r.status for r in results] == ["passed", "failed", "passed", "failed"]


def test_function_defined_inside_a_function(case, tmp_path):
    offset = 40

    def add(config):
        return config.x + offset

    assert run_one(add, {"x": 2}, tmp_path, executor=case.make()).result == 42


def test_run_has_its_own_copy_of_the_config(case, tmp_path):
    configs = [{"name": "a", "x": 1, "deep": {"y": 1}}]

    result = run_one(bodies.change_config, configs[0], tmp_path, executor=case.make())

    assert result.result == result.out
    assert (result.config.x, result.config.deep.y) == (1, 1)
    assert configs == [{"name": "a", "x": 1, "deep": {"y": 1}}]


def test_unpicklable_result_names_the_culprit(case, tmp_path):
    result = run_one(bodies.return_lock, {}, tmp_path, executor=case.make())

    assert result.status == "failed"
    assert ("result['bad'][0].lock is a lock" if case.pickles else "cannot pickle") in result.error


def test_error_that_cannot_be_pickled_or_shown(case, tmp_path):
    result = run_one(bodies.raise_odd, {}, tmp_path, executor=case.make())

    assert result.status == "failed"
    assert result.error.startswith("OddError: (its message cannot be shown: __str__ raised)")
    assert "raise_odd" in result.error


def test_system_exit_is_a_failure(case, tmp_path):
    result = run_one(bodies.exit_quietly, {}, tmp_path, executor=case.make())

    assert result.status == "failed"
    assert result.error.startswith("SystemExit: the run called sys.exit(0)")


def test_keyboard_interrupt_of_the_runs_own_is_a_failure(case, tmp_path):
    result = run_one(bodies.interrupt, {}, tmp_path, executor=case.make())

    assert result.status == "failed"
    assert result.error.startswith("KeyboardInterrupt")


def test_exit_code_is_named(isolated, tmp_path):
    result = run_one(bodies.die, {"way": "exit"}, tmp_path, executor=isolated.make())

    assert result.status == "failed"
    assert "exited with code 3" in result.error
    assert json.loads((result.out / "status.json").read_bytes())["exit"] == 3


@pytest.mark.parametrize("signal", ["SIGABRT", "SIGKILL", "SIGTERM"])
def test_signal_is_named(isolated, tmp_path, signal):
    result = run_one(bodies.die, {"way": "signal", "signal": signal}, tmp_path, executor=isolated.make())

    assert result.status == "failed"
    assert f"killed by {signal}" in result.error
    assert ("out of memory" in result.error) == (signal == "SIGKILL")


def test_segmentation_fault_tells_where(isolated, tmp_path):
    result = run_one(bodies.die, {"way": "segfault"}, tmp_path, executor=isolated.make())

    assert "killed by SIGSEGV" in result.error
    assert "Fatal Python error" in result.log

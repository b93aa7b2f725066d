"""What a run prints is in its log, and what an attempt is told it finds."""

from __future__ import annotations

import os

import pytest

from pyexp.scheduler.retry import RetryPolicy
from support import bodies
from support.executors import CASES
from support.experiments import run_all, run_one


@pytest.fixture(scope="module", params=[case for case in CASES if case.values[0].captures])
def case(request):
    return request.param


def test_both_streams_are_in_the_log_of_their_run(case, tmp_path):
    results = run_all(bodies.talk, [{"x": x} for x in range(3)], tmp_path, executor=case.make(), jobs=3)

    for x, result in enumerate(results):
        assert sorted(result.log.splitlines()) == [f"to stderr {x}", f"to stdout {x}"]


def test_bytes_arrive_as_they_are(case, tmp_path):
    result = run_one(bodies.write_bytes, {"blocks": 32}, tmp_path, executor=case.make())

    assert (result.out / "log.out").read_bytes() == bytes(range(128, 256)) * 512 * 32


def test_log_goes_on_under_a_header_per_attempt(case, tmp_path, monkeypatch):
    monkeypatch.setitem(RetryPolicy.__init__.__kwdefaults__, "first_delay_s", 0.0)

    result = run_one(bodies.fail_first, {"needed": 2}, tmp_path, executor=case.make(), retries=3)

    assert (result.status, result.attempts, result.result) == ("passed", 2, 2)
    lines = result.log.splitlines()
    assert lines[0] == "attempt 1"
    assert lines[-1] == "attempt 2"
    assert sum(line.startswith("--- attempt 2, ") for line in lines) == 1


def test_environment_of_the_run_names_its_devices(case, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")

    results = run_all(bodies.tell_devices, [{"x": 1}, {"x": 2}], tmp_path, executor=case.make(), gpus=2, jobs=1)

    assert [r.result for r in results] == ["4,7", "4,7"]
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "4,7"


def test_environment_of_the_run_is_its_own(case, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")

    results = run_all(bodies.tell_devices, [{"x": 1}, {"x": 2}], tmp_path, executor=case.make(), gpus=1, jobs=1)

    assert {r.result for r in results} <= {"4", "7"}
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "4,7"

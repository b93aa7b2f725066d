"""What a start decides, and that deciding changes nothing."""

from __future__ import annotations

import os

import pytest

from pyexp.errors import BatchOwnedError
from pyexp.runner.settings import Settings
from pyexp.runner.start.begin import begin
from pyexp.runner.start.decision import Continued, Fresh, Report, decide
from support.experiments import make_runner


def snapshot(folder):
    return {
        os.path.join(place, name): (
            os.stat(os.path.join(place, name)).st_mtime_ns,
            os.stat(os.path.join(place, name)).st_size,
        )
        for place, _, names in os.walk(folder)
        for name in names
    }


@pytest.fixture
def runner(tmp_path):
    return make_runner(lambda config: 1 / config.x, [{"x": 0}, {"x": 1}, {"x": 2}], tmp_path, executor="inline")


def settings(tmp_path, **given):
    return Settings(name="exp", output_dir=tmp_path, executor="inline", stash=False, **given)


def damage(result):
    path = result.out / "result.pkl"
    path.write_bytes(path.read_bytes()[:-2] + b"\0\0")


def test_each_way_to_start_is_a_decision_of_its_own(runner, tmp_path):
    assert isinstance(decide(runner._declaration, settings(tmp_path)), Fresh)
    runner.run()
    assert isinstance(decide(runner._declaration, settings(tmp_path, continue_run=True)), Continued)
    assert isinstance(decide(runner._declaration, settings(tmp_path, report_run=True)), Report)


@pytest.mark.parametrize("given", [{}, {"continue_run": True}, {"report_run": True}, {"filter": "config1"}])
def test_deciding_writes_nothing(runner, tmp_path, given):
    results = runner.run()
    damage(results[1])
    before = snapshot(tmp_path)
    decide(runner._declaration, settings(tmp_path, **given)).lines()
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("given", [{}, {"filter": "config[12]"}, {"filter": "config2"}])
def test_a_dry_run_names_exactly_the_runs_that_are_executed(runner, tmp_path, given):
    """Damage is seen without a lock; what a dry run names and what a start executes are one decision."""
    results = runner.run()
    damage(results[2])
    decision = decide(runner._declaration, settings(tmp_path, continue_run=True, **given))
    named = [line.strip() for line in decision.lines()[1:] if not line.startswith("note: ")]
    with begin(decision, settings(tmp_path), tmp_path) as started:
        executed = [started.batch.load_config(folder)["name"] for folder in started.folders]
    assert named == executed
    assert "config2" in named


def test_what_another_process_completed_meanwhile_is_not_executed_again(runner, tmp_path):
    results = runner.run()
    decision = decide(runner._declaration, settings(tmp_path, continue_run=True))
    (results[0].out / "result.pkl").write_bytes((results[1].out / "result.pkl").read_bytes())
    with begin(decision, settings(tmp_path), tmp_path) as started:
        assert started.folders == ()
        assert started.cached == 3


def test_a_batch_that_is_worked_on_is_refused_before_anything_is_claimed(runner, tmp_path):
    runner.run()
    first = decide(runner._declaration, settings(tmp_path, continue_run=True))
    with begin(first, settings(tmp_path), tmp_path), pytest.raises(BatchOwnedError, match=str(os.getpid())):
        decide(runner._declaration, settings(tmp_path, continue_run=True))
    decide(runner._declaration, settings(tmp_path, continue_run=True))

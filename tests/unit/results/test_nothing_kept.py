"""Asking whether runs passed, and reporting on them, opens no large pickle and keeps nothing."""

from __future__ import annotations

import numpy as np
import pytest

from pyexp.results import result as result_module
from support.experiments import make_runner


def big(config):
    return {"accuracy": 0.5, "weights": np.ones(1000)}


@pytest.fixture
def runner(tmp_path):
    made = make_runner(big, [{"x": 0}, {"x": 1}], tmp_path, executor="inline")
    made._declaration.report = None
    return made


def test_the_default_report_and_ok_open_no_pickle(runner, monkeypatch, capsys):
    monkeypatch.setattr(result_module, "load_result", lambda *_, **__: pytest.fail("opened"))
    results = runner.run()
    shown = capsys.readouterr().out
    assert "{'accuracy': 0.5, 'weights': float64[1000]}" in shown
    assert [r.ok for r in results] == [True, True]
    assert [r.error for r in results] == [None, None]
    assert results[0].summary["accuracy"] == 0.5


def test_damage_is_seen_without_opening_it(runner, monkeypatch):
    results = runner.run()
    path = results[0].out / "result.pkl"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    monkeypatch.setattr(result_module, "load_result", lambda *_, **__: pytest.fail("opened"))
    again = runner.results()
    assert [r.ok for r in again] == [False, True]
    assert "was altered or cut" in again[0].error


def test_a_result_with_classes_is_opened_and_not_kept(tmp_path):
    results = make_runner(lambda config: {"error": ValueError("x")}, [{}], tmp_path, executor="inline").run()
    assert results[0].ok
    assert results[0]._value is result_module._UNREAD


def test_an_attribute_of_a_class_named_summary_wins(tmp_path):
    from pyexp import Experiment, ExperimentRunner

    class Training(Experiment):
        def experiment(self):
            self.summary = "mine"

        @staticmethod
        def configs():
            return [{"name": "a"}]

    class Other(Experiment):
        def experiment(self):
            self.loss = 0.5

        @staticmethod
        def configs():
            return [{"name": "a"}]

    settings = {"output_dir": tmp_path, "executor": "inline", "stash": False}
    assert ExperimentRunner(Training, **settings).run(argv=[])[0].summary == "mine"
    assert ExperimentRunner(Other, **settings).run(argv=[])[0].summary == {"loss": 0.5}

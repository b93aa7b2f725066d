"""Asking whether runs passed, and reporting on them, opens no large pickle and keeps nothing."""

from __future__ import annotations

import numpy as np
import pytest

from pyexp import Experiment, Result
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


@pytest.mark.parametrize(
    "value",
    [b"x" * 40, bytearray(40), 1j, "x" * 100_000, 1 << 200_000, {"raw": b"x", "text": [None, "y" * 100_000]}],
    ids=["bytes", "bytearray", "complex", "str", "int", "nested"],
)
@pytest.mark.slow
def test_what_needs_no_class_is_not_opened(value, tmp_path, monkeypatch):
    monkeypatch.setattr(result_module, "load_result", lambda *_, **__: pytest.fail("opened"))
    assert make_runner(lambda _: value, [{}], tmp_path, executor="inline").run()[0].ok


@pytest.mark.parametrize("value", [{1, 2}, [ValueError] * 10_000, {str(key): set() for key in range(10_000)}])
def test_what_may_need_a_class_is_opened(value, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(result_module, "load_result", lambda *_, **__: opened.append(True))
    assert make_runner(lambda _: value, [{}], tmp_path, executor="inline").run()[0].ok
    assert opened


def test_a_result_with_classes_is_opened_and_not_kept(tmp_path):
    results = make_runner(lambda config: {"error": ValueError("x")}, [{}], tmp_path, executor="inline").run()
    assert results[0].ok
    assert results[0]._value is result_module._UNREAD


LATER = [name for name, kind in vars(Result).items() if isinstance(kind, property) and name not in vars(Experiment)]


@pytest.mark.parametrize("name", LATER)
def test_a_name_of_result_that_came_later_is_given_unless_the_run_set_it(name: str, tmp_path):
    class Sets(Experiment):
        def experiment(self):
            setattr(self, name, "mine")

    class Others(Experiment):
        def experiment(self):
            self.loss = 0.5

    given = [
        make_runner(cls, [{"x": 1}], tmp_path / cls.__name__, executor="inline").run()[0] for cls in (Sets, Others)
    ]
    assert [getattr(item, name) for item in given] == ["mine", getattr(given[1]._pyexp_source, name)]


def test_there_are_names_of_result_that_came_later():
    assert {"summary", "previous"} <= set(LATER)

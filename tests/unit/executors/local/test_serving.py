"""What a run server is told of a run's surroundings."""

from __future__ import annotations

import os

import pytest

from pyexp import Config, ForkserverExecutor, SubprocessExecutor, Task
from pyexp.definition.function_body import FunctionBody
from pyexp.executors.local.serving import environment_changes, working_folder
from support.experiments import run_all

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no run server here")


def test_what_is_different_in_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("PYEXP_KEPT", "as it is")
    monkeypatch.setenv("PYEXP_CHANGED", "new")
    monkeypatch.delenv("PYEXP_GONE", raising=False)
    task = Task(name="a", config=Config({}), out=tmp_path, body=FunctionBody(len), environment={"PYEXP_OWN": "1"})
    known = {**os.environ, "PYEXP_CHANGED": "old", "PYEXP_GONE": "here"}

    assert environment_changes(task, known) == {"PYEXP_CHANGED": "new", "PYEXP_OWN": "1", "PYEXP_GONE": None}


def test_folder_that_was_removed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert working_folder() == str(tmp_path)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert working_folder() is None


@pytest.mark.slow
@pytest.mark.parametrize("executor", [SubprocessExecutor, ForkserverExecutor])
def test_run_has_the_folder_and_the_variables_of_now(tmp_path, monkeypatch, executor):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BEFORE", "1")
    monkeypatch.setenv("KEPT", "a")
    (tmp_path / "other").mkdir()

    def look(config):
        return os.getcwd(), [os.environ.get(name) for name in ("BEFORE", "KEPT", "NEW")]

    class Changing(executor):
        async def execute(self, task):
            outcome = await super().execute(task)
            monkeypatch.delenv("BEFORE", raising=False)
            monkeypatch.setenv("KEPT", "b")
            monkeypatch.setenv("NEW", "ü\n")
            monkeypatch.chdir(tmp_path / "other")
            return outcome

    first, second = run_all(look, [{"x": x} for x in range(2)], tmp_path / "out", executor=Changing(), jobs=1)

    assert first.result == (str(tmp_path), ["1", "a", None])
    assert second.result == (str(tmp_path / "other"), [None, "b", "ü\n"])

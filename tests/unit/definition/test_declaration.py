from __future__ import annotations

import functools
from pathlib import Path

import pytest

from pyexp import Experiment
from pyexp.definition.declaration import declare


def function(config):
    return None


class Whole(Experiment):
    @staticmethod
    def configs():
        raise AssertionError("looked up, never called")

    @staticmethod
    def report(results, out):
        raise AssertionError("looked up, never called")


class Bare(Experiment):
    def experiment(self):
        pass


def test_function_is_declared_by_its_name_and_file():
    declared = declare(function, {"jobs": 2})

    assert (declared.name, declared.home, declared.defaults) == ("function", Path(__file__).parent, {"jobs": 2})
    assert declared.configs is None


def test_overridden_methods_are_found_without_calling_them():
    assert declare(Whole, {}).configs is Whole.configs
    assert declare(Whole, {}).report is Whole.report
    assert declare(Bare, {}).configs is None
    assert declare(Bare, {}).report is None


@pytest.mark.parametrize("subject", [3, None, "function", int])
def test_anything_else_is_refused(subject):
    with pytest.raises(TypeError, match="experiment"):
        declare(subject, {})


def test_typed_in_code_is_at_home_in_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space = {}
    exec(compile("def typed(config): pass", "<stdin>", "exec"), space)

    assert declare(space["typed"], {}).home == tmp_path


def test_a_decorated_function_is_at_home_in_its_own_file(tmp_path):
    space = {"functools": functools}
    (tmp_path / "lib").mkdir()
    file = tmp_path / "lib" / "decorators.py"
    file.write_text("def decorate(function):\n    return functools.wraps(function)(lambda config: function(config))\n")
    exec(compile(file.read_text(), str(file), "exec"), space)

    assert declare(space["decorate"](function), {}).home == Path(__file__).parent
    assert declare(functools.partial(function), {}).home == Path(__file__).parent

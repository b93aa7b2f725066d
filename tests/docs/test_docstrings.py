"""Every example in a docstring is executed."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import pyexp

# Scripts that a process of their own executes: importing them would start their work.
SCRIPTS = ("__main__", "worker", "guard_process", "forkserver_process")
MODULES = [
    module.name
    for module in pkgutil.walk_packages(pyexp.__path__, "pyexp.")
    if module.name.rpartition(".")[2] not in SCRIPTS and "._pb" not in module.name
]


def examples(name: str) -> list[doctest.DocTest]:
    """The examples of what is defined in the module *name*, also of classes that name `pyexp` as their module."""
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder()
    found = finder.find(module, name)
    for public, home in pyexp._HOMES.items():
        value = vars(module).get(public)
        if f"pyexp.{home}" == name and isinstance(value, type) and value.__module__ == "pyexp":
            found += finder.find(value, public, module=False, globs=vars(module).copy())
    return [test for test in found if test.examples]


@pytest.mark.parametrize("name", ["pyexp", *MODULES])
def test_examples_give_what_they_say(name: str, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner()
    for test in examples(name):
        runner.run(test)
    assert runner.failures == 0


def test_there_are_examples():
    assert sum(len(examples(name)) for name in MODULES) > 30


@pytest.mark.parametrize(
    ("name", "example"), [("pyexp.config.config", "Config.update"), ("pyexp.tensor.tensor", "Tensor.sel")]
)
def test_classes_that_name_the_package_as_their_module_are_covered(name: str, example: str):
    assert example in {test.name for test in examples(name)}

"""Every example in a docstring is executed."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import pyexp

# Scripts that a process of their own executes: importing them would start their work.
SCRIPTS = ("__main__", "worker", "guard_process")
MODULES = [
    module.name
    for module in pkgutil.walk_packages(pyexp.__path__, "pyexp.")
    if module.name.rpartition(".")[2] not in SCRIPTS and "._pb" not in module.name
]


def examples(name: str) -> list[doctest.DocTest]:
    module = importlib.import_module(name)
    return [test for test in doctest.DocTestFinder().find(module, name) if test.examples]


@pytest.mark.parametrize("name", ["pyexp", *MODULES])
def test_examples_give_what_they_say(name: str, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module)
    assert failed == 0


def test_there_are_examples():
    assert sum(len(examples(name)) for name in MODULES) > 30

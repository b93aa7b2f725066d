"""Every example in the room's docstrings runs, and every public name has one."""

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

import pyexp.config

MODULES = sorted(
    f"pyexp.config.{path.stem}" for path in Path(pyexp.config.__file__).parent.glob("*.py") if path.stem != "__init__"
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    failed, _ = doctest.testmod(importlib.import_module(name))

    assert failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_public_functions_show_an_example(name):
    module = importlib.import_module(name)
    public = [
        member
        for word, member in vars(module).items()
        if not word.startswith("_") and inspect.isroutine(member) and member.__module__ == name
    ]

    assert [member.__name__ for member in public if ">>> " not in (member.__doc__ or "")] == []

"""The process of a run imports next to nothing."""

from __future__ import annotations

import sys

import pytest

from support.experiments import run_one

HEAVY = {"anyio", "asyncio", "aiohttp", "ray", "tqdm", "yaml", "google.protobuf", "pyexp.runner", "pyexp.scheduler"}


def list_modules(config):
    import sys

    return sorted(sys.modules)


def tell_surroundings(config):
    import os
    import sys

    return {
        "directory": os.getcwd(),
        "path": sys.path,
        "stdin": sys.stdin.read(),
        "is_leader": os.getpgrp() == os.getpid(),
        "variable": os.environ.get("PYEXP_TEST_VARIABLE"),
    }


def by_value(function):
    """The same function as one of ``__main__``: this module need not be importable for the child."""
    from types import FunctionType

    copied = FunctionType(function.__code__, {"__builtins__": __builtins__}, function.__name__)
    copied.__module__ = "__main__"
    return copied


def test_no_heavy_module_is_imported(tmp_path):
    modules = set(run_one(by_value(list_modules), {}, tmp_path, executor="subprocess").result)

    assert modules & HEAVY == set()
    assert "pyexp.executors.child.child" in modules


@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver"])
def test_surroundings_are_the_parents(tmp_path, executor, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYEXP_TEST_VARIABLE", "told")

    told = run_one(by_value(tell_surroundings), {}, tmp_path, executor=executor).result

    assert told == {
        "directory": str(tmp_path), "path": sys.path, "stdin": "", "is_leader": True, "variable": "told",
    }  # fmt: skip

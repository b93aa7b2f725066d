"""The process of a run imports next to nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from support.experiments import run_one
from support.scripts import SOURCE
from support.work_tree import git

# What a run's process may import of the standard library, with what these import themselves, and of this library.
STANDARD = """
    __future__ _blake2 _json atexit collections.abc contextlib contextvars ctypes faulthandler functools importlib.machinery
    importlib.util linecache pathlib pickle signal threading tokenize typing weakref
"""
OWN = """
    _cpython _files _libc _loaded _former_names _random_recorder _record errors task
    code code.changes code.origin code.script code.script.making code.shown code.start code.unpacking
    code.values code.values.digest code.values.entry code.values.in_place code.values.overlay code.values.places
    code.values.references
    config config.config
    definition definition.base definition.checkpoint definition.class_body definition.declaration
    definition.function_body definition.mutations definition.parameters
    executors executors.child executors.child.child executors.child.mailbox executors.child.payload
    executors.child.start_variables
    executors.ending executors.ending.processes executors.invoke
    runner runner.experiment_runner runner.past_batches runner.program runner.program.declared runner.program.watching
    runner.settings
    store store.checkpoints store.layout store.outcomes store.summary
"""
OF_A_SNAPSHOT = """
    code.snapshot code.snapshot.editable code.snapshot.finder code.snapshot.git_index code.snapshot.git_objects
    code.snapshot.install code.snapshot.places code.snapshot.sources code.snapshot.spawned
    code.snapshot.tree
"""
GUARDED = """
import pyexp
from helper import X

class Declared(pyexp.Experiment):
    def experiment(self):
        pass

@pyexp.chkpt
def step():
    return X

@pyexp.experiment
def exp(config: dict, out: "str"):
    import sys

    return sorted(sys.modules) if step() else None

runner = pyexp.ExperimentRunner(Declared)

if __name__ == "__main__":
    print(exp.run(configs=[{"i": 1}], report=lambda results: __import__("json").dumps(results[0].result)))
"""
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


@pytest.mark.slow
def test_no_heavy_module_is_imported(tmp_path):
    modules = set(run_one(by_value(list_modules), {}, tmp_path, executor="subprocess").result)

    assert modules & HEAVY == set()
    assert "pyexp.executors.child.child" in modules


@pytest.mark.parametrize("has_snapshot", [False, True])
@pytest.mark.slow
def test_the_run_of_a_guarded_script_imports_just_this(tmp_path, has_snapshot):
    (tmp_path / "train.py").write_text(GUARDED)
    (tmp_path / "helper.py").write_text("X = 1\n")
    (tmp_path / ".gitignore").write_text("out/\n__pycache__/\n")
    git(tmp_path, "init", "-q", ".")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "start")
    given = [] if has_snapshot else ["--no-stash"]

    imported = set(json.loads(python("train.py", *given, folder=tmp_path)))

    own = OWN.split() + (OF_A_SNAPSHOT.split() if has_snapshot else [])
    allowed = {f"pyexp.{name}" for name in own} | {"pyexp", "helper", "__mp_main__"}
    standard = [*STANDARD.split(), "_sha2" if sys.version_info >= (3, 12) else "_sha256"]
    standard += ["hashlib"] if has_snapshot else []  # the files are younger than the moment of a snapshot
    loaded = python("-c", f"import sys, {', '.join(standard)}; print(*sys.modules)", folder=tmp_path).split()
    assert sorted(imported - allowed - {*loaded}) == []


def python(*arguments, folder):
    done = subprocess.run(
        [sys.executable, *arguments],
        check=True,
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": SOURCE},
    )
    return done.stdout.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["subprocess", "fork", "forkserver"])
def test_surroundings_are_the_parents(tmp_path, executor, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYEXP_TEST_VARIABLE", "told")

    told = run_one(by_value(tell_surroundings), {}, tmp_path, executor=executor).result

    assert told == {
        "directory": str(tmp_path), "path": sys.path, "stdin": "", "is_leader": True, "variable": "told",
    }  # fmt: skip

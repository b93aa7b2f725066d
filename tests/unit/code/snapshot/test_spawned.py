"""Processes that a run starts by multiprocessing and joblib import the code of the start, and find the script's."""

from __future__ import annotations

import importlib.util
import os
import sys

import pytest

from support.work_tree import WorkTree

OLD, NEW = "v = 'OLD'\n", "v = 'NEW'\n"

SCRIPT = """
import os, sys
mark = "OLD"

def work(_):
    import helper
    return f"{mark} {helper.v}"

def nested(_):
    import multiprocessing
    with multiprocessing.get_context(os.environ["METHOD"]).Pool(1) as pool:
        return pool.map(work, [0])[0]

def main():
    kind = os.environ["KIND"]
    if kind == "pool":
        import multiprocessing
        with multiprocessing.get_context(os.environ["METHOD"]).Pool(2) as pool:
            return pool.map(work, range(2))
    if kind == "process":
        import multiprocessing
        context = multiprocessing.get_context(os.environ["METHOD"])
        queue = context.SimpleQueue()
        process = context.Process(target=put, args=(queue,), name="by its name")
        process.start()
        found = queue.get()
        process.join()
        return [found]
    if kind == "executor":
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(os.environ["METHOD"])) as pool:
            return list(pool.map(work, range(2)))
    if kind == "joblib":
        from joblib import Parallel, delayed
        return Parallel(n_jobs=2)(delayed(work)(i) for i in range(2))
    if kind == "preload":
        import multiprocessing
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["preloaded"])
        with context.Pool(1) as pool:
            return pool.map(preloaded, range(1))
    assert kind == "nested"
    import concurrent.futures, multiprocessing
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(os.environ["METHOD"])) as pool:
        return list(pool.map(nested, range(1)))

def preloaded(_):
    return "OLD " + sys.modules["preloaded"].v

def put(queue):
    import multiprocessing
    assert multiprocessing.current_process().name == "by its name"
    queue.put(work(0))
"""

# As a process of a run has it: the script is its main module, made from what the parent sent.
RUN = """
import importlib.machinery, types
source = {source!r}
main = types.ModuleType("__main__")
main.__file__ = {path!r}
main.__spec__ = {spec}
sys.modules["__main__"] = main
exec(compile(source, {path!r}, "exec"), vars(main))
print(sorted(set(main.main())))
"""


@pytest.fixture
def tree(tmp_path):
    tree = WorkTree(tmp_path / "tree")
    tree.write("helper.py", OLD)
    tree.write("preloaded.py", OLD)
    tree.write("train.py", SCRIPT)
    tree.freeze()
    return tree


def run(tree, kind, method=""):
    code = RUN.format(source=SCRIPT, path=str(tree.root / "train.py"), spec=None)
    path = os.pathsep.join(filter(None, [str(tree.root), os.environ.get("PYTHONPATH")]))
    # Before 3.12, the fork server has the default sys.path.
    return tree.python(code, env={"KIND": kind, "METHOD": method, "PYTHONPATH": path})


def edit(tree):
    tree.write("helper.py", NEW)
    tree.write("preloaded.py", NEW)
    tree.write("train.py", SCRIPT.replace("OLD", "NEW"))


def delete(tree):
    for name in ("helper.py", "preloaded.py", "train.py"):
        (tree.root / name).unlink()


def leave(tree):
    pass


METHODS = ["spawn"] if sys.platform == "win32" else ["spawn", "forkserver", "fork"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["pool", "process", "executor", "nested"])
@pytest.mark.parametrize("change", [edit, delete, leave], ids=lambda change: change.__name__)
@pytest.mark.slow
def test_pools_and_processes(tree, change, kind, method):
    change(tree)
    assert run(tree, kind, method) == "['OLD OLD']"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork server")
def test_what_the_fork_server_preloads(tree):
    edit(tree)
    assert run(tree, "preload") == "['OLD OLD']"


@pytest.mark.skipif(importlib.util.find_spec("joblib") is None, reason="needs joblib")
@pytest.mark.parametrize("change", [edit, delete], ids=lambda change: change.__name__)
@pytest.mark.slow
def test_joblib(tree, change):
    change(tree)
    assert run(tree, "joblib") == "['OLD OLD']"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("change", [edit, delete], ids=lambda change: change.__name__)
@pytest.mark.slow
def test_a_script_that_was_started_as_a_module(tree, change, method):
    change(tree)
    spec = "importlib.machinery.ModuleSpec('train', None)"
    code = RUN.format(source=SCRIPT, path=str(tree.root / "train.py"), spec=spec)
    assert tree.python(code, env={"KIND": "pool", "METHOD": method}) == "['OLD OLD']"


@pytest.mark.slow
def test_what_was_imported_before_the_hook(tree):
    edit(tree)
    code = f"import multiprocessing.spawn\nfrom pyexp.code.snapshot.install import install, uninstall\nuninstall()\ninstall({str(tree.saved)!r})\n"
    code += RUN.format(source=SCRIPT, path=str(tree.root / "train.py"), spec=None)
    assert tree.python(code, env={"KIND": "pool", "METHOD": "spawn"}) == "['OLD OLD']"


# torch has one of these: it ends like multiprocessing's own, and starts processes by that.
NAMESAKE = """
import multiprocessing
seen = [name for name in vars(multiprocessing) if name == "get_context"]
"""
NAMESAKES = [
    "torch/multiprocessing/spawn.py",
    "lab/multiprocess/spawn.py",
    "lab/loky/backend/spawn.py",
    "own_loky/backend/spawn.py",
]


@pytest.mark.parametrize("is_earlier", [False, True], ids=["later", "earlier"])
@pytest.mark.parametrize("path", NAMESAKES)
@pytest.mark.slow
def test_modules_that_only_end_in_the_same_names(tree, path, is_earlier):
    tree.write(path, NAMESAKE)
    tree.freeze()
    module = path.removesuffix(".py").replace("/", ".")
    again = f"from pyexp.code.snapshot.install import install\ninstall({str(tree.saved)!r})\n"
    code = f"import {module}\n{again if is_earlier else ''}print({module}.seen)"
    assert tree.python(code) == "['get_context']"


@pytest.mark.slow
def test_modules_that_are_blocked(tree):
    code = f"""
sys.modules["multiprocess.spawn"] = None
from pyexp.code.snapshot.install import install
install({str(tree.saved)!r})
print("went on")
"""
    assert tree.python(code) == "went on"


@pytest.mark.slow
def test_processes_started_after_uninstalling_are_left_alone(tree):
    edit(tree)
    code = RUN.format(source=SCRIPT, path=str(tree.root / "train.py"), spec=None)
    code = "from pyexp.code.snapshot.install import uninstall\nimport multiprocessing.spawn\nuninstall()\n" + code
    assert tree.python(code, env={"KIND": "pool", "METHOD": "spawn"}) == "['NEW NEW']"

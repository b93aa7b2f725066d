"""The rules of ARCHITECTURE.md that can be read from the syntax trees; `tox -e arch` checks the directions of imports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from typing import Any

import pytest

from support.own_source import SOURCE, modules, nodes, texts, trees

# Which files may import what is no dependency of the core, or ask for it by its extra. A folder ends with a slash.
ALLOWED = {
    "ray": ("executors/ray.py", "executors/registry.py"),
    "aiohttp": (
        "viewer/http/",
        "viewer/live/websocket.py",
        "viewer/figures/server.py",
        "viewer/launch/",
        "runner/start/decision.py",
    ),
    "watchfiles": ("viewer/live/file_watch.py", "viewer/launch/"),
    "matplotlib": ("viewer/figures/process.py",),
    "plotly": ("log/values/restoring.py", "results/plots/"),
    "regex": ("viewer/data/tag_filter.py",),
    "numpy": ("log/", "tensorboard/", "tensor/", "sweeps/variations.py", "results/", "viewer/data/"),
    "pandas": ("tensor/", "results/"),
    "xarray": ("tensor/", "results/"),
}
LARGEST_FOLDER = 14
LONGEST_FILE = 310

# `stream_results`: a task group there would put the consumer's code inside a scope of ours. `LoopHost.begin`: a cancelled
# caller still has to release what the thread makes.
BARE_TASKS = {"runner/hosts.py": 2}

# What a person reads at the terminal, programs of their own, and what belongs into a run's own log.
PRINTERS = (
    "terminal/",
    "runner/program/watching.py",
    "runner/invocation.py",
    "viewer/launch/foreground.py",
    "tensorboard/__main__.py",
    "executors/invoke.py",
    "executors/ray.py",
    "definition/checkpoint.py",
)

LAYOUTS = ("store/layout.py", "log/values/file_layout.py")
FILE_NAMES = {
    *("runs.json", "batch.json", "index.jsonl", ".owner", ".code", "forkserver.out"),
    *("config.json", "status.json", "result.pkl", "log.out", ".checkpoints"),
    *("events.pb", ".pyexp", "scalars.jsonl", "text.jsonl", "log.jsonl"),
}


def violations(check: Callable[[str, ast.AST], Any]) -> dict[str, Any]:
    """What a check finds, by module; modules without a finding are left out."""
    return {name: found for name, tree in trees().items() if (found := check(name, tree))}


def named_packages(tree: ast.AST) -> set[str]:
    """Names of packages that a module imports, or asks `import_extra` or `require_extra` for."""
    found = set()
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("import_extra", "require_extra"):
            found |= {str(argument.value) for argument in node.args[:1] if isinstance(argument, ast.Constant)}
    return {name.partition(".")[0] for name in found}


def misplaced(name: str, tree: ast.AST) -> list[str]:
    return [
        package
        for package in sorted(named_packages(tree))
        if package in ALLOWED
        and not any(name == place or (place.endswith("/") and name.startswith(place)) for place in ALLOWED[package])
    ]


@pytest.mark.slow
def test_packages_of_extras_are_imported_in_their_rooms():
    assert violations(misplaced) == {}


@pytest.mark.parametrize(
    ("name", "line", "package"),
    [
        ("executors/remote/node.py", "import ray", "ray"),
        ("executors/remote/node.py", "from ray.util import state", "ray"),
        ("store/batch.py", "import_extra('ray', 'ray', 'batches')", "ray"),
        ("viewer/data/scalars.py", "from aiohttp import web", "aiohttp"),
        ("store/batch.py", "def f():\n    import matplotlib.pyplot as plt", "matplotlib"),
        ("scheduler/run.py", "require_extra('numpy', 'analysis', 'runs')", "numpy"),
    ],
)
def test_a_planted_import_is_caught(name: str, line: str, package: str):
    assert misplaced(name, ast.parse(line)) == [package]


def test_no_room_is_crowded():
    folders = {path.parent for path in modules().values()}
    sizes = {folder.relative_to(SOURCE).as_posix(): len(list(folder.glob("*.py"))) - 1 for folder in folders}
    assert {folder: size for folder, size in sizes.items() if size > LARGEST_FOLDER} == {}


def test_each_room_says_what_it_is():
    assert [name for name, tree in trees().items() if not ast.get_docstring(tree)] == []


def test_no_file_is_long():
    lengths = {name: len(text.splitlines()) for name, text in texts().items()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_names_are_compared_in_one_place():
    found = [name for name, text in texts().items() if "difflib" in text]
    assert found == ["config/suggestion.py"]


def private_uses(tree: ast.AST) -> list[str]:
    """What a module uses of the standard library that is private to CPython."""
    found = []
    for node in nodes(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("_") and not node.level:
            found.append(node.module or "")
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.startswith("_")]
        elif isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.endswith("__"):
            place = ast.unparse(node.value)
            if place.partition(".")[0] in sys.stdlib_module_names and (place, node.attr) != ("os", "_exit"):
                found.append(f"{place}.{node.attr}")
    return [name for name in found if name != "__future__"]


def test_one_file_uses_what_is_private_to_cpython():
    assert list(violations(lambda _, tree: private_uses(tree))) == ["_cpython.py"]


@pytest.mark.parametrize(
    "line",
    ["from _json import x", "import _thread", "sys._getframe()", "asyncio.tasks._leave_task(a)", "atexit._clear()"],
)
def test_a_planted_private_use_is_caught(line: str):
    assert len(private_uses(ast.parse(line))) == 1


def calls(tree: ast.AST, *names: str) -> list[int]:
    """Lines with a call of one of *names*, plain or as a method."""
    return [
        node.lineno
        for node in nodes(tree)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", None) in names or getattr(node.func, "attr", None) in names)
    ]


def test_tasks_have_owners():
    found = violations(lambda _, tree: calls(tree, "create_task", "ensure_future"))
    assert {name: len(lines) for name, lines in found.items()} == BARE_TASKS


def prints(tree: ast.AST) -> list[int]:
    return [
        node.lineno for node in nodes(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
    ]


def test_only_printers_print():
    assert violations(lambda name, tree: [] if name.startswith(PRINTERS) else prints(tree)) == {}


def spelled(tree: ast.AST) -> set[str]:
    """Names of files of batches and logs that a module spells itself."""
    docstrings = {
        id(node.body[0].value)
        for node in nodes(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and isinstance(node.body[0], ast.Expr)
    }
    return {
        node.value
        for node in nodes(tree)
        if isinstance(node, ast.Constant) and id(node) not in docstrings and node.value in FILE_NAMES
    }


def test_names_of_files_are_spelled_in_one_place():
    assert violations(lambda name, tree: set() if name in LAYOUTS else spelled(tree)) == {}


@pytest.mark.parametrize(
    ("check", "line"),
    [
        (lambda tree: calls(tree, "create_task"), "async def f():\n    asyncio.create_task(g())"),
        (spelled, "path / 'result.pkl'"),
        (prints, "print('x')"),
    ],
)
def test_a_planted_violation_is_caught(check, line: str):
    assert check(ast.parse(line))

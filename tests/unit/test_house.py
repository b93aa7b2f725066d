"""The rules of ARCHITECTURE.md that can be read from the syntax trees; `tox -e arch` checks the directions of imports."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import pyexp

SOURCE = Path(pyexp.__file__).parent
MODULES = {
    path.relative_to(SOURCE).as_posix(): path for path in sorted(SOURCE.rglob("*.py")) if "_pb" not in path.parts
}

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
    "numpy": ("log/", "tensorboard/", "tensor/", "sweeps/variations.py", "results/", "viewer/data/group_statistics.py"),
    "pandas": ("tensor/", "results/"),
    "xarray": ("tensor/", "results/"),
}
LARGEST_FOLDER = 14


def named_packages(tree: ast.AST) -> set[str]:
    """Names of packages that a module imports, or asks `import_extra` or `require_extra` for."""
    found = set()
    for node in ast.walk(tree):
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


@pytest.mark.parametrize("name", MODULES)
def test_packages_of_extras_are_imported_in_their_rooms(name: str):
    assert misplaced(name, ast.parse(MODULES[name].read_text("utf-8"))) == []


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
    folders = {path.parent for path in MODULES.values()}
    sizes = {folder.relative_to(SOURCE).as_posix(): len(list(folder.glob("*.py"))) - 1 for folder in folders}
    assert {folder: size for folder, size in sizes.items() if size > LARGEST_FOLDER} == {}


def test_each_room_says_what_it_is():
    assert [name for name, path in MODULES.items() if not ast.get_docstring(ast.parse(path.read_text("utf-8")))] == []

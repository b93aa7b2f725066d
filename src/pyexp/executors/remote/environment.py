"""What is sent to the nodes before the runs: the project's files, but those that no node needs, and this library."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyexp.store.layout import FACTS, RUNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LEFT_OUT = (
    ".git/",
    ".hg/",
    ".svn/",
    "__pycache__/",
    ".mypy_cache/",
    ".ruff_cache/",
    ".pytest_cache/",
    ".ipynb_checkpoints/",
)
_HIDDEN = frozenset(name.rstrip("/") for name in _LEFT_OUT)
_SPECIAL = frozenset("\\*?[!# ")


def complete(runtime_env: Mapping[str, Any] | None, *, is_remote: bool, folder: Path) -> dict[str, Any]:
    """Add to *runtime_env* what a cluster elsewhere needs: the working directory, its excludes, this library.

    Args:
        runtime_env: What the user gave.
        is_remote: The cluster was not started here.
        folder: The working directory.
    """
    given = dict(runtime_env or {})
    if not is_remote:
        return given
    given.setdefault("working_dir", ".")
    if given["working_dir"] is None:
        del given["working_dir"]
    given["py_modules"] = [*given.get("py_modules", ()), os.fspath(Path(__file__).parents[2])]
    if "working_dir" in given:
        root = folder / given["working_dir"]
        given["excludes"] = [*_LEFT_OUT, *(find_excludes(root) if root.is_dir() else ()), *given.get("excludes", ())]
    return given


def find_excludes(root: Path) -> Iterator[str]:
    """Yield the virtual environments and output folders below *root*, as ``.gitignore`` patterns."""
    for folder, names, files in os.walk(root):
        here = Path(folder)
        if here != root and "pyvenv.cfg" in files:
            names.clear()
            yield _pattern(root, here)
        elif RUNS in files and FACTS in files:
            names.clear()
            # <output folder>/<experiment>/<timestamp>; the project itself may be the output folder.
            outermost = here.parents[1] if root in here.parents[1].parents else here.parent
            yield _pattern(root, outermost if root in outermost.parents else here)
        else:
            names[:] = [name for name in names if name not in _HIDDEN]


def _pattern(root: Path, folder: Path) -> str:
    path = folder.relative_to(root).as_posix()
    return "/" + "".join(f"\\{character}" if character in _SPECIAL else character for character in path) + "/"

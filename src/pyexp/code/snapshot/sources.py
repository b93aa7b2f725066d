"""The lines that tracebacks, `inspect` and compilers of source text (``torch.jit.script``) read: those of the start.

All of them read by `linecache`, from the file, which may have been edited long after its module was imported.
"""

from __future__ import annotations

import linecache
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyexp.code.snapshot.tree import Tree

_ordinary = linecache.updatecache


def show_sources(tree: Tree) -> None:
    """Have `linecache` read the files of *tree* as they were at the start, from now on."""

    def updatecache(filename: str, module_globals: dict[str, Any] | None = None) -> list[str]:
        lines = _lines_of_start(tree, filename)
        if lines is None:
            return _ordinary(filename, module_globals)
        # Without a time, `linecache.checkcache` does not compare it to the file.
        linecache.cache[filename] = (sum(map(len, lines)), None, lines, filename)
        return lines

    linecache.updatecache = updatecache


def show_files() -> None:
    """Undo `show_sources`: have `linecache` read the files."""
    linecache.updatecache = _ordinary


def _lines_of_start(tree: Tree, filename: str) -> list[str] | None:
    """Return the lines that the file had; None if it has them still, or was not in the tree."""
    from importlib.util import decode_source

    path = os.path.realpath(filename)
    try:
        found = None if filename.startswith("<") else tree.find_file(path)
        if found is None or tree.is_unchanged(found[1], path):
            return None
        content = tree.read(found[1], found[0], os.path.dirname(path))
        # Tools expect a newline at the end of each line.
        return [
            line if line.endswith("\n") else f"{line}\n" for line in decode_source(content).splitlines(keepends=True)
        ]
    except (ImportError, OSError, SyntaxError, UnicodeDecodeError):  # git lost it, or it is not source text
        return None

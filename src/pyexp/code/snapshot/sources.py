"""The process of a run reads the source files of the work tree as they were at the start, by whatever means.

Modules are read by Python's `SourceFileLoader`, from which the loaders of other import hooks are derived (those of
beartype, jaxtyping, typeguard); tracebacks, `inspect` and compilers of source text (``torch.jit.script``) read by
`linecache`, long after a module was imported.
"""

from __future__ import annotations

import linecache
import os
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from typing import TYPE_CHECKING, Any

from pyexp.code.shown import show_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyexp.code.snapshot.tree import File, Tree

_path_stats, _get_data, _updatecache = SourceFileLoader.path_stats, SourceFileLoader.get_data, linecache.updatecache


def read_sources_of(tree: Tree) -> None:
    """Have the files of *tree* read as they were at the start, from now on.

    Whether a file has changed is decided at each reading: `importlib.reload` and a late import get the same code.
    """

    def path_stats(self: SourceFileLoader, path: str) -> Mapping[str, Any]:
        # They validate a bytecode file; there are none while the file has changed.
        found = _find(tree, path) if path == self.path else None
        if found is None:
            return _path_stats(self, path)
        state = tree.state_if_unchanged(found[1], path)
        if state is None:
            raise OSError(f"{path} has changed")
        return {"mtime": state.st_mtime, "size": state.st_size}

    def get_data(self: SourceFileLoader, path: str) -> bytes:
        if path != self.path:  # a package's data
            return _get_data(self, path)
        content = _content_if_changed(tree, path)
        if content is not None:
            return content
        present = _get_data(self, path)
        late = _content_if_changed(tree, path)  # while it was read
        return present if late is None else late

    def updatecache(filename: str, module_globals: dict[str, Any] | None = None) -> list[str]:
        with suppress(ImportError, OSError, SyntaxError, UnicodeDecodeError):  # git lost it, or it is not source text
            content = None if filename.startswith("<") else _content_if_changed(tree, os.path.abspath(filename))
            if content is not None:
                return show_source(filename, content)
        return _updatecache(filename, module_globals)

    _set_readers(path_stats, get_data, updatecache)


def read_files() -> None:
    """Undo `read_sources_of`: have the files read as they are."""
    _set_readers(_path_stats, _get_data, _updatecache)


def _set_readers(path_stats: Any, get_data: Any, updatecache: Any) -> None:
    SourceFileLoader.path_stats = path_stats  # type: ignore[method-assign]
    SourceFileLoader.get_data = get_data  # type: ignore[method-assign]
    linecache.updatecache = updatecache


def _find(tree: Tree, path: str) -> tuple[str, File] | None:
    found = tree.find_file(path)
    return tree.find_file(os.path.realpath(path)) if found is None and os.path.islink(path) else found


def _content_if_changed(tree: Tree, path: str) -> bytes | None:
    """Return what the file held at the start; None if it holds that now, or was not in the tree.

    Raises:
        ImportError: git does not have it any more.
    """
    found = _find(tree, path)
    if found is None or tree.is_unchanged(found[1], path):
        return None
    return tree.read(found[1], found[0], os.path.dirname(path))

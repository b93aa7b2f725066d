"""Editable installs that point into the work tree: setuptools' own finder returns nothing for a file that is gone.

Those that only add a folder to ``sys.path`` need nothing of this.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from pyexp.code.snapshot.tree import Tree

_OWN = (BuiltinImporter, FrozenImporter, PathFinder)


class ForeignAnswers:
    """The finder before the first one that is not Python's own; it returns what those would return."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._seen: list[Any] = []
        self._row: list[tuple[Any, Mapping[str, str]]] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Ask the finders of others between this one and Python's own next one."""
        if sys.meta_path != self._seen:
            self._seen = list(sys.meta_path)
            self._row = [(finder, _mapping(finder)) for finder in _after(self)]
        for finder, mapping in self._row:
            spec: ModuleSpec | None = finder.find_spec(fullname, path, target)
            if spec is None and fullname in mapping:
                spec = self._find_mapped(fullname, mapping[fullname])
            if spec is not None:
                return spec
        return None

    def _find_mapped(self, fullname: str, place: str) -> ModuleSpec | None:
        """Find a module that is gone from *place*, where setuptools' finder expects it."""
        for path, locations in ((os.path.join(place, "__init__.py"), [place]), (f"{place}.py", None)):
            if self._tree.find_file(path) is not None:
                return importlib.util.spec_from_file_location(fullname, path, submodule_search_locations=locations)
        return None


def watch_foreign_finders(tree: Tree) -> None:
    """Have what finders of others find in *tree* loaded as it was at the start."""
    unwatch_foreign_finders()
    for place in reversed([i for i, finder in enumerate(sys.meta_path) if _starts_a_row(i, finder)]):
        sys.meta_path.insert(place, ForeignAnswers(tree))


def unwatch_foreign_finders() -> None:
    """Undo `install`: leave finders of others alone again."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, ForeignAnswers)]


def _starts_a_row(place: int, finder: object) -> bool:
    """Return whether *finder* is the first of several that are not Python's own."""
    return _is_foreign(finder) and (place == 0 or not _is_foreign(sys.meta_path[place - 1]))


def _mapping(finder: Any) -> Mapping[str, str]:
    """Return where setuptools' finder looks for each module."""
    mapping = getattr(sys.modules.get(getattr(finder, "__module__", "")), "MAPPING", None)
    return mapping if isinstance(mapping, dict) else {}


def _after(own: ForeignAnswers) -> list[Any]:
    row = []
    for finder in sys.meta_path[sys.meta_path.index(own) + 1 :]:
        if not _is_foreign(finder):
            break
        row.append(finder)
    return row


def _is_foreign(finder: object) -> bool:
    ours = type(finder).__module__.startswith(f"{__package__}.")
    return finder not in _OWN and not ours and hasattr(finder, "find_spec")

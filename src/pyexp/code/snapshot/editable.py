"""Editable installs that point into the work tree: setuptools' own finder returns nothing for a file that is gone.

Those that only add a folder to ``sys.path`` need nothing of this.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from pyexp.code.snapshot.tree import Tree


class GoneModules:
    """The finder after one of setuptools: it finds what that one expects where nothing is any more."""

    def __init__(self, tree: Tree, places: Mapping[str, str]) -> None:
        self._tree = tree
        self._places = places

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module that the tree had at its place."""
        place = self._places.get(fullname)
        if place is None:
            return None
        for path, locations in ((os.path.join(place, "__init__.py"), [place]), (f"{place}.py", None)):
            if self._tree.find_file(path) is not None:
                return importlib.util.spec_from_file_location(fullname, path, submodule_search_locations=locations)
        return None


def find_gone_modules(tree: Tree) -> None:
    """Have modules found that editable installs expect in *tree*, and that it had at the start."""
    leave_gone_modules()
    for index, finder in reversed(list(enumerate(sys.meta_path))):
        if places := _places_of(finder):
            sys.meta_path.insert(index + 1, GoneModules(tree, places))


def leave_gone_modules() -> None:
    """Undo `find_gone_modules`."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, GoneModules)]


def _places_of(finder: Any) -> Mapping[str, str]:
    """Return where setuptools' finder looks for each module."""
    mapping = getattr(sys.modules.get(getattr(finder, "__module__", "")), "MAPPING", None)
    return mapping if isinstance(mapping, dict) else {}

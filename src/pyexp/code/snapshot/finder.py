"""The import system of a run's process: modules of the user's work tree are those of the start.

A path hook for the tree's folders; the order of ``sys.path``, namespace packages and caches are left to
Python's own ``PathFinder``. Knows nothing of how a process comes to be a run's.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from contextlib import suppress
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    PathFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from typing import TYPE_CHECKING, Any

from pyexp._cpython import loaders_of
from pyexp.code.snapshot import git_objects
from pyexp.code.snapshot.tree import NAMESPACE, PACKAGE, File, Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

_DETAILS: tuple[Any, ...] = (
    (ExtensionFileLoader, EXTENSION_SUFFIXES),
    (SourceFileLoader, SOURCE_SUFFIXES),
    (SourcelessFileLoader, BYTECODE_SUFFIXES),
)
# Setuptools puts links to the sources of a strict editable install in a folder that git ignores.
_LINKED = f"{os.sep}__editable__."


class TreeFinder(FileFinder):
    """A finder of modules in one folder of the tree, which may no longer exist.

    What is there now is what *other* finds: the finder that would be there without this one.
    """

    def __init__(self, path: str, tree: Tree, folder: str, other: Any) -> None:
        super().__init__(path)
        self._other = other
        self._tree = tree
        self._folder = folder
        self._known: dict[str, tuple[int, File | None] | None] = {}

    def knows(self, name: str) -> bool:
        """Return whether the folder had a module, a package or a namespace of this name at the start."""
        return self._look_up(name) is not None

    def find_spec(self, fullname: str, target: ModuleType | None = None) -> ModuleSpec | None:
        """Find what *fullname* named at the start, or a new module that replaces none."""
        name = fullname.rpartition(".")[2]
        present: ModuleSpec | None = self._other.find_spec(fullname, target)
        known = self._look_up(name)
        if known is None:
            return self._admit(fullname, present)
        kind, file = known
        if file is None:
            return self._namespace(fullname, name, present) if kind == NAMESPACE else present
        package = os.path.join(self.path, name) if kind == PACKAGE else None
        path = os.path.join(package, "__init__.py") if package else os.path.join(self.path, f"{name}.py")
        if present is not None and present.origin != path and present.loader is not None and self._is_ignored(present):
            return present
        if present is not None and present.origin == path:
            return present
        loader = loaders_of(self._other).get(".py", SourceFileLoader)(fullname, path)
        return importlib.util.spec_from_file_location(
            fullname, path, loader=loader, submodule_search_locations=[package] if package else None
        )

    def invalidate_caches(self) -> None:
        """Look at the folder again."""
        self._other.invalidate_caches()

    def _look_up(self, name: str) -> tuple[int, File | None] | None:
        if name not in self._known:
            self._known[name] = self._tree.find_module(self._folder, name)
        return self._known[name]

    def _namespace(self, fullname: str, name: str, present: ModuleSpec | None) -> ModuleSpec:
        if present is not None and (present.loader is None or self._is_ignored(present)):
            return present
        spec = ModuleSpec(fullname, None)
        spec.submodule_search_locations = [os.path.join(self.path, name)]
        return spec

    def _admit(self, fullname: str, present: ModuleSpec | None) -> ModuleSpec | None:
        """Accept a file that the snapshot does not have, unless it is new and its name was another module's."""
        if present is None or present.loader is None or not _is_found_elsewhere(fullname):
            return present
        return present if self._is_ignored(present) else None

    def _is_ignored(self, spec: ModuleSpec) -> bool:
        """Return whether a snapshot would leave out the file of *spec*, so that it may have been there at the start."""
        path = spec.origin or ""
        root = self._tree.root_of(path)
        return self._tree.was_outside(path) or git_objects.is_ignored(root.top, root.git_dir, path)


def _is_found_elsewhere(fullname: str) -> bool:
    """Return whether *fullname*, new in a folder of the tree, is a module of another place, or was one at the start."""
    parent, _, name = fullname.rpartition(".")
    entries: Iterable[str] = sys.modules[parent].__path__ if parent in sys.modules else sys.path
    for finder in _finders(entries):
        if isinstance(finder, TreeFinder):
            if finder.knows(name):
                return True
        elif (spec := finder.find_spec(fullname)) is not None and spec.loader is not None:
            return True
    others = sys.meta_path[sys.meta_path.index(PathFinder) + 1 :] if PathFinder in sys.meta_path else []
    return any(other.find_spec(fullname, list(entries) if parent else None) is not None for other in others)


def _finders(entries: Iterable[str]) -> Iterator[Any]:
    from pkgutil import get_importer

    for entry in entries:
        with suppress(FileNotFoundError):  # the present folder is gone
            finder = get_importer(entry or os.getcwd())
            if finder is not None:
                yield finder


class LinkFinder(FileFinder):
    """A finder of modules in a folder of links to files of the tree, as a strict editable install has."""

    def __init__(self, path: str, tree: Tree) -> None:
        super().__init__(path, *_DETAILS)
        self._tree = tree

    def find_spec(self, fullname: str, target: ModuleType | None = None) -> ModuleSpec | None:
        """Find what the folder has; also a link whose file is gone."""
        spec = super().find_spec(fullname, target)
        if spec is not None and spec.loader is not None:
            return spec
        package = os.path.join(self.path, fullname.rpartition(".")[2])
        for path, locations in ((os.path.join(package, "__init__.py"), [package]), (f"{package}.py", None)):
            if os.path.islink(path) and self._tree.find_file(os.path.realpath(path)) is not None:
                return importlib.util.spec_from_file_location(fullname, path, submodule_search_locations=locations)
        return spec


class _ScriptFinder:
    """A finder of one file as the module ``__main__``, for `runpy.run_path`, which multiprocessing uses for scripts."""

    def __init__(self, path: str) -> None:
        self._path = path

    def find_spec(self, fullname: str, _target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != "__main__":
            return None
        loader = SourceFileLoader(fullname, self._path)
        return importlib.util.spec_from_file_location(fullname, self._path, loader=loader)


class Hook:
    """The entry in ``sys.path_hooks``."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        # Others are functions or classes, and tools ask for their names (beartype).
        self.__name__ = type(self).__name__

    def __call__(self, path: str) -> Any:
        """Make a finder for *path*.

        Raises:
            ImportError: It is not in the tree.
        """
        path = os.path.abspath(path or ".")
        folder = self.tree.find_folder(path)
        if folder is not None:
            return TreeFinder(path, self.tree, folder, self._other(path))
        if _LINKED in path and os.path.isdir(path):
            return LinkFinder(path, self.tree)
        found = None if os.path.isdir(path) else self.tree.find_file(path)
        if found is not None and not self.tree.is_unchanged(found[1], path):
            return _ScriptFinder(path)
        raise ImportError(f"{path} is not of the work tree", path=path)

    def _other(self, path: str) -> Any:
        """Return the finder of the next hook that has one; those of other libraries come before Python's."""
        for hook in sys.path_hooks[sys.path_hooks.index(self) + 1 :]:
            with suppress(ImportError):
                return hook(path)
        return FileFinder(path, *_DETAILS)  # a folder that is gone may come back


def installed_tree() -> Tree | None:
    """Return the tree that this process imports from."""
    return next((hook.tree for hook in sys.path_hooks if isinstance(hook, Hook)), None)


def install_hook(tree: Tree) -> None:
    """Have modules of *tree* imported as they were at the start, from now on; takes the place of an earlier hook."""
    uninstall_hook()
    sys.path_hooks.insert(0, Hook(tree))
    # Finders of folders outside of the tree have listed them: they stay. Which folders it had is not read as yet.
    for path in list(sys.path_importer_cache):
        if _LINKED in path or tree.is_inside(path):
            del sys.path_importer_cache[path]


def uninstall_hook() -> None:
    """Undo `install`: have modules imported as usual."""
    for hook in [hook for hook in sys.path_hooks if isinstance(hook, Hook)]:
        sys.path_hooks.remove(hook)
    for path, finder in list(sys.path_importer_cache.items()):
        if isinstance(finder, (TreeFinder, LinkFinder, _ScriptFinder)):
            del sys.path_importer_cache[path]

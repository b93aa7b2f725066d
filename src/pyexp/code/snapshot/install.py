"""The entry point to the code of the start: the process of a run calls it before it imports user code."""

from __future__ import annotations

import os

from pyexp.code.snapshot.editable import find_gone_modules, leave_gone_modules
from pyexp.code.snapshot.finder import install_hook, installed_tree, uninstall_hook
from pyexp.code.snapshot.sources import read_files, read_sources_of
from pyexp.code.snapshot.spawned import accompany_spawned, leave_spawned_alone
from pyexp.code.snapshot.tree import load_tree


def install(saved: str | os.PathLike[str]) -> None:
    """Have this process, and those that it starts by multiprocessing or joblib, import the code of the start.

    Modules that are loaded already stay. Does nothing where it has been done with the same file.

    Args:
        saved: The file that `save_tree` wrote. It is needed as long as the process lives.

    Raises:
        OSError: It cannot be read.
    """
    path = os.path.abspath(saved)
    tree = installed_tree()
    if tree is not None and tree.saved == path:
        return
    tree = load_tree(path)
    install_hook(tree)
    find_gone_modules(tree)
    read_sources_of(tree)
    accompany_spawned(path)


def uninstall() -> None:
    """Have this process, and those that it starts from now on, import as usual."""
    uninstall_hook()
    leave_gone_modules()
    read_files()
    leave_spawned_alone()


def arrive(saved: str, value: str) -> str:
    """Install the hook in a process that a run has started, and return *value*, which came with it."""
    install(saved)
    return value

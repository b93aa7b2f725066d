"""The door to the code of the start: a process of a run goes through it before it imports what is the user's."""

from __future__ import annotations

import os

from pyexp.code.editable import unwatch_foreign_finders, watch_foreign_finders
from pyexp.code.finder import install_hook, installed_tree, uninstall_hook
from pyexp.code.spawned import accompany_spawned, leave_spawned_alone
from pyexp.code.tree import load_tree


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
    watch_foreign_finders(tree)
    accompany_spawned(path)


def uninstall() -> None:
    """Have this process, and those that it starts from now on, import as ever."""
    uninstall_hook()
    unwatch_foreign_finders()
    leave_spawned_alone()


def arrive(saved: str, value: str) -> str:
    """Install the hook in a process that a run has started, and give *value*, with which it came."""
    install(saved)
    return value

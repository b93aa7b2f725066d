"""Notes the state of the user's work tree at the start, for the processes of the runs.

Asks git which files the snapshot has, and the file system what they are like. Knows nothing of the import system.
"""

from __future__ import annotations

import marshal
import os
import stat
from importlib.machinery import EXTENSION_SUFFIXES
from typing import TYPE_CHECKING, Any

from pyexp._files import write_atomic
from pyexp.code.tree import LENGTH_BYTES, MODULE, NAMESPACE, OTHER, PACKAGE, Known, Root, Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pyexp.code.tree import FileState

_LINK, _SUBMODULE = "120000", "160000"
_NO_FILES = {_LINK, _SUBMODULE}
# What Python prefers, of one name.
_RANKS = (PACKAGE, OTHER, MODULE, NAMESPACE)
_EXTENSIONS = tuple(EXTENSION_SUFFIXES)
# Time stamps tick: up to 4 ms on Linux's own file systems, up to 2 s on others.
_TICK_NS = 2_000_000_000


def take_tree(
    roots: Sequence[Root], *, started_ns: int, outside: Iterable[str] = (), script: str | os.PathLike[str] | None = None
) -> Tree:
    """Note the state of the modules of a work tree whose snapshot has just been taken.

    Args:
        roots: The work tree and its submodules, each with its snapshot.
        started_ns: Time before the first file was read for the snapshot, by the clock of the file system.
        outside: Paths in the work tree, relative to it, that no snapshot has.
        script: The program that the user started, which need not be called ``*.py``.

    Raises:
        OSError: Git cannot tell what the snapshot has.
    """
    top = roots[0].top
    script_path = None if script is None else _below(top, os.path.realpath(script))
    scripts: dict[str, Known] = {}
    links: list[str] = []
    left_out = set(outside)
    folders: dict[str, dict[str, Known]] = {}
    for index, root in enumerate(roots):
        prefix = "" if root.top == top else _below(top, root.top) + "/"
        for mode, blob, path in _list_snapshot(root):
            if mode in _NO_FILES:
                (links.append if mode == _LINK else left_out.add)(prefix + path)
            elif path.endswith(".py"):
                known = Known(MODULE, index, path, _state(f"{root.top}/{path}"), blob)
                _enter_module(folders, prefix + path, known)
            elif path.endswith(_EXTENSIONS):
                _enter(folders, prefix + path, path.rpartition("/")[2].partition(".")[0], Known(OTHER))
            elif prefix + path == script_path:
                scripts[script_path] = Known(MODULE, index, path, _state(f"{root.top}/{path}"), blob)
    folder_links = _follow(links, top, folders)
    return Tree(
        roots,
        racy_ns=started_ns - _TICK_NS,
        links=folder_links,
        outside=sorted(left_out.difference(_below(top, root.top) for root in roots)),
        scripts=scripts,
        folders={folder: marshal.dumps(_plain(names)) for folder, names in folders.items()},
    )


def save_tree(tree: Tree, path: str | os.PathLike[str]) -> None:
    """Write *tree* to the file *path*; see `load_tree`."""
    roots = [(root.top, root.git_dir, root.commit) for root in tree.roots]
    head = marshal.dumps((roots, tree.racy_ns, dict(tree.links), sorted(tree.outside), _plain(tree.scripts)))
    size = len(head).to_bytes(LENGTH_BYTES, "big")
    write_atomic(os.fspath(path), size + head + marshal.dumps(dict(tree.folders)))


def _plain(names: Mapping[str, Known]) -> dict[str, tuple[Any, ...]]:
    return {name: tuple(known) for name, known in names.items()}


def _list_snapshot(root: Root) -> Iterator[tuple[str, str, str]]:
    """Mode, hash and path of each file of the snapshot."""
    import subprocess

    listed = subprocess.run(
        ["git", f"--git-dir={root.git_dir}", "ls-tree", "-r", "-z", "--full-tree", root.commit],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        raise OSError(f"git ls-tree {root.commit}: {os.fsdecode(listed.stderr).strip()}")
    for line in os.fsdecode(listed.stdout).split("\0")[:-1]:
        head, _, path = line.partition("\t")
        mode, _, blob = head.split(" ")
        yield mode, blob, path


def _enter_module(folders: dict[str, dict[str, Known]], path: str, known: Known) -> None:
    """Enter the source file *path*."""
    name = path[path.rfind("/") + 1 : -len(".py")]
    if name == "__init__" and "/" in path:
        _enter(folders, path, "", known)
        package = path.rpartition("/")[0]
        _enter(folders, package, package.rpartition("/")[2], known._replace(kind=PACKAGE))
    else:
        _enter(folders, path, name, known)


def _enter(folders: dict[str, dict[str, Known]], path: str, name: str, known: Known) -> None:
    """Enter *known* as *name* in the folder of *path*, unless the import system would prefer what is there."""
    folder = path.rpartition("/")[0]
    if folder not in folders:
        folders[folder] = {}
        if folder:  # a namespace until something else is found
            _enter(folders, folder, folder.rpartition("/")[2], Known(NAMESPACE))
    names = folders[folder]
    if name and (name not in names or _RANKS.index(known.kind) < _RANKS.index(names[name].kind)):
        names[name] = known


def _follow(links: Iterable[str], top: str, folders: dict[str, dict[str, Known]]) -> dict[str, str]:
    """Enter what links lead to under the links' names, and return the links to folders."""
    to_folders = {}
    for link in links:
        target = _below(top, os.path.realpath(f"{top}/{link}"))
        if target in folders:
            to_folders[link] = target
            parent, _, last = target.rpartition("/")
            _enter(folders, link, link.rpartition("/")[2], folders[parent][last])
        elif link.endswith(".py") and (known := _find_module(folders, target)) is not None:
            _enter_module(folders, link, known)
    return to_folders


def _find_module(folders: Mapping[str, Mapping[str, Known]], path: str) -> Known | None:
    """Return what has been entered for the source file *path*, as a plain file."""
    folder, _, name = path.rpartition("/")
    if name == "__init__.py":
        folder, _, name = folder.rpartition("/")
    known = folders.get(folder, {}).get(name.removesuffix(".py"))
    return None if known is None else known._replace(kind=MODULE)


def _below(top: str, path: str) -> str:
    return os.path.relpath(path, top).replace(os.sep, "/")


def _state(path: str) -> FileState | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino

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
    script_path = None if script is None else _below(roots[0].top, os.path.realpath(script))
    scripts: dict[str, Known] = {}
    files: dict[str, Known] = {}
    links: list[str] = []
    top = roots[0].top
    left_out = set(outside)
    for index, root in enumerate(roots):
        prefix = "" if root.top == top else _below(top, root.top) + "/"
        for mode, blob, path in _list_snapshot(root):
            whole = prefix + path
            if mode == "120000":
                links.append(whole)
            elif mode == "160000":
                left_out.add(whole)
            elif path.endswith(".py"):
                files[whole] = Known(MODULE, index, path, _state(os.path.join(root.top, path)), blob)
            elif path.endswith(_EXTENSIONS):
                files[whole] = Known(OTHER)
            elif whole == script_path:
                scripts[whole] = Known(MODULE, index, path, _state(os.path.join(root.top, path)), blob)
    folders = _folders(files)
    folder_links = _follow(links, top, files, folders)
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


def _folders(files: Mapping[str, Known]) -> dict[str, dict[str, Known]]:
    """Names of modules by folder, from the files of the tree."""
    folders: dict[str, dict[str, Known]] = {}
    for path, known in files.items():
        folder, _, name = path.rpartition("/")
        stem = name.removesuffix(".py") if known.kind == MODULE else name.partition(".")[0]
        _add_folder(folders, folder)
        if stem != "__init__":
            _prefer(folders[folder], stem, known)
        elif folder:
            parent, _, last = folder.rpartition("/")
            _prefer(folders[parent], last, known._replace(kind=PACKAGE) if known.kind == MODULE else known)
    return folders


def _add_folder(folders: dict[str, dict[str, Known]], folder: str) -> None:
    """Make the entry of *folder* and of those above it, each a namespace until something else is found."""
    if folder in folders:
        return
    folders[folder] = {}
    if folder:
        parent, _, last = folder.rpartition("/")
        _add_folder(folders, parent)
        _prefer(folders[parent], last, Known(NAMESPACE))


def _prefer(names: dict[str, Known], name: str, known: Known) -> None:
    """Enter *known* unless the import system would prefer what *name* stands for already."""
    ranks = (PACKAGE, OTHER, MODULE, NAMESPACE)
    if name not in names or ranks.index(known.kind) < ranks.index(names[name].kind):
        names[name] = known


def _follow(
    links: Iterable[str], top: str, files: Mapping[str, Known], folders: dict[str, dict[str, Known]]
) -> dict[str, str]:
    """Enter what links lead to under the links' names, and return the links to folders."""
    to_folders = {}
    for link in links:
        target = _below(top, os.path.realpath(os.path.join(top, link)))
        folder, _, name = link.rpartition("/")
        if target in files and name.endswith(".py"):
            _add_folder(folders, folder)
            _prefer(folders[folder], name.removesuffix(".py"), files[target])
        elif target in folders:
            to_folders[link] = target
            parent, _, last = target.rpartition("/")
            _add_folder(folders, folder)
            _prefer(folders[folder], name, folders[parent][last])
    return to_folders


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

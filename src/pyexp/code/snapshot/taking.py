"""Notes the state of the user's work tree at the start, for the processes of the runs.

Asks git which files the snapshot has, and in which state it read them. Knows nothing of the import system.
"""

from __future__ import annotations

import marshal
import os
from contextlib import suppress
from importlib.machinery import EXTENSION_SUFFIXES
from typing import TYPE_CHECKING

from pyexp._files import write_atomic
from pyexp.code.snapshot import git_index
from pyexp.code.snapshot.tree import LENGTH_BYTES, Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pyexp.code.snapshot.tree import Root

_MODULES = (".py", *EXTENSION_SUFFIXES)
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
    folders: dict[str, dict[str, tuple[int, str, bytes]]] = {}
    links: dict[str, str] = {}
    left_out = set(outside)
    for number, root in enumerate(roots):
        prefix = "" if number == 0 else _below(top, root.top) + "/"
        names: dict[str, tuple[int, str, bytes]] = {}
        current = None
        for path, record in _entries(root):
            whole = prefix + path
            if not git_index.is_file(record):
                if git_index.mode_of(record) == git_index.SUBMODULE:
                    left_out.add(whole)
                else:
                    links[whole] = _below(top, os.path.realpath(f"{root.top}/{path}"))
                    _folder(folders, whole.rpartition("/")[0])
            elif path.endswith(_MODULES) or whole == script_path:
                folder, _, name = whole.rpartition("/")
                if folder != current:
                    names, current = _folder(folders, folder), folder
                names[name] = number, path, record
    return Tree(
        roots,
        racy_ns=started_ns - _TICK_NS,
        links=links,
        outside=sorted(left_out.difference(_below(top, root.top) for root in roots)),
        folders={folder: marshal.dumps(names) for folder, names in folders.items()},
    )


def save_tree(tree: Tree, path: str | os.PathLike[str]) -> None:
    """Write *tree* to the file *path*; see `load_tree`."""
    roots = [(root.top, root.git_dir, root.commit) for root in tree.roots]
    head = marshal.dumps((roots, tree.racy_ns, dict(tree.links), sorted(tree.outside)))
    size = len(head).to_bytes(LENGTH_BYTES, "big")
    write_atomic(os.fspath(path), size + head + marshal.dumps(dict(tree.folders)))


def _entries(root: Root) -> Iterator[tuple[str, bytes]]:
    """Return the paths and records of the files of a snapshot."""
    found = git_index.entries(root.index, len(root.commit) // 2) if root.index else None
    if found is not None:
        return ((path.decode("utf-8", "surrogateescape"), record) for path, record in found)
    return _ask_git(root)


def _ask_git(root: Root) -> Iterator[tuple[str, bytes]]:
    import subprocess

    listed = subprocess.run(
        ["git", f"--git-dir={root.git_dir}", "ls-tree", "-r", "-z", "--full-tree", root.commit],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        raise OSError(f"git ls-tree {root.commit}: {os.fsdecode(listed.stderr).strip()}")
    for line in listed.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        head, _, path = line.partition("\t")
        mode, _, blob = head.split(" ")
        found = None
        with suppress(OSError):
            found = os.lstat(f"{root.top}/{path}")
        yield path, git_index.make_record(found, int(mode, 8), blob)


def _folder(folders: dict[str, dict[str, tuple[int, str, bytes]]], folder: str) -> dict[str, tuple[int, str, bytes]]:
    """Return the names in *folder*; it and the folders above it are added."""
    if folder not in folders:
        folders[folder] = {}
        if folder:
            _folder(folders, folder.rpartition("/")[0])
    return folders[folder]


def _below(top: str, path: str) -> str:
    return os.path.relpath(path, top).replace(os.sep, "/")

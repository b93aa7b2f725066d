"""The user's work tree as it was at the start: which modules it had, and how a changed file is recognised.

Made once per batch, kept in one file, and loaded by each process of a run. Knows nothing of the import system.
"""

from __future__ import annotations

import marshal
import os
import posixpath
from importlib.machinery import EXTENSION_SUFFIXES as _EXTENSIONS
from typing import TYPE_CHECKING, NamedTuple

from pyexp._record import Record
from pyexp.code.snapshot import git_index
from pyexp.code.snapshot.git_objects import Objects
from pyexp.code.snapshot.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LENGTH_BYTES = 8
_INIT = "__init__.py"

PACKAGE, MODULE, NAMESPACE, OTHER = range(4)


class Root(Record):
    """One repository of the tree: the work tree itself, or a submodule of it.

    Attributes:
        top: Its folder, without links.
        git_dir: The folder of its repository.
        commit: Hash of its snapshot.
        index: Git's index file of the snapshot, if it is available; it is not saved.
    """

    top: str
    git_dir: str
    commit: str
    index: bytes = b""

    def __repr__(self) -> str:
        return f"Root({self.top!r}, {self.commit!r})"


class File(NamedTuple):
    """A source file of the tree.

    Attributes:
        root: Index of the repository.
        path: The file, as the repository spells it.
        record: State and hash; see `git_index`.
    """

    root: int
    path: str
    record: bytes


class Tree:
    """The frozen state.

    Attributes:
        roots: The repositories, the work tree first.
        racy_ns: A file that was written later than this may have changed unseen: its content decides.
        links: What the links of the tree led to.
        outside: What was there, but is in no snapshot: nested repositories, large files.
        objects: The contents of the snapshot.
        saved: The file that it was loaded from.
    """

    def __init__(
        self,
        roots: Sequence[Root],
        *,
        racy_ns: int,
        links: Mapping[str, str],
        outside: Sequence[str],
        folders: Mapping[str, bytes] | tuple[str, int],
    ) -> None:
        self.roots = tuple(roots)
        self.racy_ns = racy_ns
        self.links = links
        self.outside = frozenset(outside)
        self.objects = Objects([(root.top, root.git_dir, root.commit) for root in roots])
        self.saved = folders[0] if isinstance(folders, tuple) else None
        self._folders = folders
        self._opened: dict[str, dict[str, File]] = {}
        self._found: dict[str, str | None] = {}
        self._places = Places(self.top, links)

    @property
    def top(self) -> str:
        """The work tree's folder."""
        return self.roots[0].top

    @property
    def folders(self) -> Mapping[str, bytes]:
        """The folders that hold modules, each still packed; read from the file when first needed.

        Raises:
            OSError: The file is gone. An ImportError would have Python load what is there now.
        """
        if type(self._folders) is dict:
            return self._folders
        if isinstance(self._folders, tuple):
            path, offset = self._folders
            try:
                with open(path, "rb") as file:
                    file.seek(offset)
                    self._folders = marshal.loads(file.read())  # noqa: S302 — our own file
            except OSError as error:
                raise OSError(f"which code {self.top} had at the start cannot be read any more: {error}") from error
        assert not isinstance(self._folders, tuple)
        return self._folders

    def files(self, folder: str) -> dict[str, File]:
        """Return the files of modules in *folder* of the tree, by name; none if it had no such folder."""
        if folder not in self._opened:
            packed = marshal.loads(self.folders[folder]) if folder in self.folders else {}  # noqa: S302 — as above
            self._opened[folder] = {name: File(*values) for name, values in packed.items()}
        return self._opened[folder]

    def find_module(self, folder: str, name: str) -> tuple[int, File | None] | None:
        """Return what *name* meant in *folder*, as Python would have chosen, and its source; None if it was unknown."""
        below = f"{folder}/{name}" if folder else name
        package = self.links.get(below, below)
        is_folder = package in self.folders
        if is_folder and (init := self._file(package, _INIT)) is not None:
            return PACKAGE, init
        files = self.files(folder)
        if any(
            name + suffix in files or (is_folder and f"__init__{suffix}" in self.files(package))
            for suffix in _EXTENSIONS
        ):
            return OTHER, None
        if (module := self._file(folder, f"{name}.py")) is not None:
            return MODULE, module
        return (NAMESPACE, None) if is_folder else None

    def find_folder(self, path: str) -> str | None:
        """Return the folder of the tree that *path* is or was; None if it had no modules there."""
        path = os.path.abspath(path)
        if path not in self._found:
            candidates = self._places.candidates(path)
            self._found[path] = next((relative for relative in candidates if relative in self.folders), None)
        return self._found[path]

    def is_inside(self, path: str) -> bool:
        """Return whether *path* is in the folder of the tree, whatever it is."""
        return next(self._places.candidates(os.path.abspath(path)), None) is not None

    def find_file(self, path: str) -> tuple[str, File] | None:
        """Return the folder and what is known of the source file *path*; None if the tree did not have it."""
        head, name = os.path.split(os.path.abspath(path))
        folder = self.find_folder(head)
        file = None if folder is None else self._file(folder, name)
        return None if folder is None or file is None else (folder, file)

    def root_of(self, path: str) -> Root:
        """Return the repository that *path* is in."""
        inside = [root for root in self.roots if path.startswith(root.top + os.sep)]
        return max(inside, key=lambda root: len(root.top), default=self.roots[0])

    def was_outside(self, path: str) -> bool:
        """Return whether *path* is in what was there at the start without being in a snapshot."""
        relative = self._places.below_top(os.path.abspath(path)) or ""
        while relative and relative not in self.outside:
            relative = posixpath.dirname(relative)
        return bool(relative)

    def is_unchanged(self, file: File, path: str) -> bool:
        """Return whether the file at *path* is what *file* was at the start."""
        return self.state_if_unchanged(file, path) is not None

    def state_if_unchanged(self, file: File, path: str) -> os.stat_result | None:
        """Return the state of the file at *path* if it is what *file* was at the start."""
        try:
            found = os.stat(path)
            if git_index.is_same(file.record, found) and max(found.st_mtime_ns, found.st_ctime_ns) < self.racy_ns:
                return found
            with open(path, "rb") as content:
                is_same = _blob_hash(content.read(), file.record) == git_index.hash_of(file.record)
                return found if is_same else None
        except OSError:
            return None

    def read(self, file: File, folder: str, folder_path: str) -> bytes:
        """Return the content of *file* at the start; the same call to git reads those of its changed neighbours.

        Raises:
            ImportError: The repository does not have it any more.
        """
        wanted = _wanted(file)
        if not self.objects.has(wanted):
            self.objects.fetch([wanted, *map(_wanted, self._changed(folder, folder_path, file))])
        return self.objects.read(wanted)

    def _changed(self, folder: str, folder_path: str, file: File) -> Iterator[File]:
        for name, other in self.files(folder).items():
            is_candidate = other.root == file.root and other is not file and name.endswith(".py")
            if is_candidate and not self.is_unchanged(other, os.path.join(folder_path, name)):
                yield other

    def _file(self, folder: str, name: str) -> File | None:
        path = f"{folder}/{name}" if folder else name
        if path in self.links:
            folder, _, name = self.links[path].rpartition("/")
        return self.files(folder).get(name)


def load_tree(path: str | os.PathLike[str]) -> Tree:
    """Open what `save_tree` wrote; its list of folders is read when first needed.

    Raises:
        OSError: The file cannot be read.
    """
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(LENGTH_BYTES), "big")
        roots, racy_ns, links, outside = marshal.loads(file.read(length))  # noqa: S302 — our own file
    return Tree(
        [Root(top=top, git_dir=git_dir, commit=commit) for top, git_dir, commit in roots],
        racy_ns=racy_ns,
        links=links,
        outside=outside,
        folders=(os.path.abspath(path), LENGTH_BYTES + length),
    )


def _wanted(file: File) -> tuple[int, str, str]:
    return file.root, file.path, git_index.hash_of(file.record)


def _blob_hash(content: bytes, record: bytes) -> str:
    """Return git's hash of a file with this *content*, by the algorithm of *record*'s repository."""
    import hashlib

    kind = hashlib.sha1 if len(git_index.hash_of(record)) == 40 else hashlib.sha256  # noqa: PLR2004 — digits
    return kind(b"blob %d\0" % len(content) + content).hexdigest()

"""The user's work tree as it was at the start: which modules it had, and by what a changed file is known.

Made once per batch, kept in one file, and loaded by each process of a run. Knows nothing of the import system, and asks
git only which files the snapshot has.
"""

from __future__ import annotations

import marshal
import os
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pyexp.code.git_objects import Objects
from pyexp.code.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    FileState = tuple[int, int, int, int]

LENGTH_BYTES = 8


PACKAGE, MODULE, NAMESPACE, OTHER = range(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """One repository of the tree: the work tree itself, or a submodule of it.

    Attributes:
        top: Its folder, without links.
        git_dir: The folder of its repository.
        commit: Hash of its snapshot.
    """

    top: str
    git_dir: str
    commit: str


class Known(NamedTuple):
    """What the tree had for the name of a module in one of its folders.

    Attributes:
        kind: `PACKAGE`, `MODULE`, `NAMESPACE`, or `OTHER` (an extension module): only the first two have a file.
        root: Index of the repository.
        path: The file, as the repository spells it.
        state: Size, mtime_ns, ctime_ns and inode; None when the file was gone before they could be read.
        blob: Hash of the content.
    """

    kind: int
    root: int = 0
    path: str = ""
    state: FileState | None = None
    blob: str = ""


class Tree:
    """The frozen state.

    Attributes:
        roots: The repositories, the work tree first.
        racy_ns: A file that was written later than this may have changed unseen: its content decides.
        links: Links to folders of the tree, to what they led to.
        outside: What was there, but is in no snapshot: nested repositories, large files.
        scripts: Files that are known by their path and not as modules.
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
        scripts: Mapping[str, Known],
        folders: Mapping[str, bytes] | tuple[str, int],
    ) -> None:
        self.roots = tuple(roots)
        self.racy_ns = racy_ns
        self.links = links
        self.outside = frozenset(outside)
        self.scripts = scripts
        self.objects = Objects([(root.top, root.git_dir, root.commit) for root in roots])
        self.saved = folders[0] if isinstance(folders, tuple) else None
        self._folders = folders
        self._opened: dict[str, dict[str, Known]] = {}
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

    def names(self, folder: str) -> dict[str, Known]:
        """Names of modules in *folder* of the tree."""
        if folder not in self._opened:
            packed = marshal.loads(self.folders[folder])  # noqa: S302 — as above
            self._opened[folder] = {name: Known(*values) for name, values in packed.items()}
        return self._opened[folder]

    def find_folder(self, path: str) -> str | None:
        """Return the folder of the tree that *path* is or was; None if it had no modules there."""
        path = os.path.abspath(path)
        return next((relative for relative in self._places.candidates(path) if relative in self.folders), None)

    def find_file(self, path: str) -> tuple[str, Known] | None:
        """Return the folder and what is known of the source file *path*; None if the tree did not have it."""
        path = os.path.abspath(path)
        for relative in self._places.candidates(path) if self.scripts else ():
            if relative in self.scripts:
                return posixpath.dirname(relative), self.scripts[relative]
        folder_path, name = os.path.split(path)
        stem, suffix = os.path.splitext(name)
        folder = self.find_folder(folder_path) if suffix == ".py" else None
        if folder is None:
            return None
        if stem == "__init__":
            parent, last = posixpath.split(folder)
            known = self.names(parent).get(last) if folder and parent in self.folders else None
            return (folder, known) if known is not None and known.kind == PACKAGE else None
        known = self.names(folder).get(stem)
        return (folder, known) if known is not None and known.kind == MODULE else None

    def root_of(self, path: str) -> Root:
        """Return the repository that *path* is in."""
        inside = [root for root in self.roots if path.startswith(root.top + os.sep)]
        return max(inside, key=lambda root: len(root.top), default=self.roots[0])

    def was_outside(self, path: str) -> bool:
        """Whether *path* is in what was there at the start without being in a snapshot."""
        relative = self._places.below_top(os.path.abspath(path)) or ""
        while relative and relative not in self.outside:
            relative = posixpath.dirname(relative)
        return bool(relative)

    def is_unchanged(self, known: Known, path: str) -> bool:
        """Whether the file at *path* is what it was at the start."""
        try:
            found = os.stat(path)
            if known.state != (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino):
                return False
            if max(found.st_mtime_ns, found.st_ctime_ns) < self.racy_ns:
                return True
            with open(path, "rb") as file:
                return _blob_hash(file.read(), len(known.blob)) == known.blob
        except OSError:
            return False

    def read(self, known: Known, folder: str, folder_path: str) -> bytes:
        """Content of a file as it was at the start, and in the same call to git those of its changed neighbours.

        Raises:
            ImportError: The repository does not have it any more.
        """
        wanted = (known.root, known.path, known.blob)
        if not self.objects.has(wanted):
            neighbours = self._changed(folder, folder_path, known)
            self.objects.fetch([wanted, *neighbours])
        return self.objects.read(wanted)

    def _changed(self, folder: str, folder_path: str, known: Known) -> Iterator[tuple[int, str, str]]:
        for name, other in self.names(folder).items() if folder in self.folders else ():
            if other.kind == MODULE and other.root == known.root and other is not known:
                path = os.path.join(folder_path, f"{name}.py")
                if not self.is_unchanged(other, path):
                    yield other.root, other.path, other.blob


def load_tree(path: str | os.PathLike[str]) -> Tree:
    """Open what `save_tree` wrote; its list of folders is read when first needed.

    Raises:
        OSError: The file cannot be read.
    """
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(LENGTH_BYTES), "big")
        roots, racy_ns, links, outside, scripts = marshal.loads(file.read(length))  # noqa: S302 — our own file
    found = [Root(top=top, git_dir=git_dir, commit=commit) for top, git_dir, commit in roots]
    return Tree(
        found,
        racy_ns=racy_ns,
        links=links,
        outside=outside,
        scripts={path: Known(*values) for path, values in scripts.items()},
        folders=(os.path.abspath(path), LENGTH_BYTES + length),
    )


def _blob_hash(content: bytes, digits: int) -> str:
    """Hash that git gives a file of this *content*, in a repository of SHA-1 (40 *digits*) or SHA-256."""
    import hashlib

    kind = hashlib.sha1 if digits == 40 else hashlib.sha256  # noqa: PLR2004 — git's own choice
    return kind(b"blob %d\0" % len(content) + content).hexdigest()

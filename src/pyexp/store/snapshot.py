"""The state of the user's git work tree, kept as a commit outside of all branches.

Tracked and untracked files, not ignored ones, never the output. Index, work tree, stash list and branches stay
as they are; a ref under ``refs/pyexp/`` keeps the commit from garbage collection. An equal tree is the same commit,
and a clean one is ``HEAD``. Each submodule is kept likewise in its own repository.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pyexp.store.git import Git, GitError, Patience
from pyexp.store.hashed import HashedFiles
from pyexp.store.quarantine import Quarantine
from pyexp.store.untracked import Limits, choose, describe_left_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyexp.store.hashed import Hashed

_TIMEOUT_S = 120
_IDENTITY = {
    "GIT_AUTHOR_NAME": "pyexp",
    "GIT_AUTHOR_EMAIL": "pyexp@localhost",
    "GIT_COMMITTER_NAME": "pyexp",
    "GIT_COMMITTER_EMAIL": "pyexp@localhost",
}
_MESSAGE = "pyexp: the work tree at a start"
_NO_DATE = "@0 +0000"
_COMPRESSED = 4
_FUTURE_S = 4_000_000_000
_SUBMODULE = b"160000"
# A line of `git ls-files -s -v -o`: its letter says what git does with the file.
_TRACKED = re.compile(rb"\0([A-Za-z]) (\d+) ([0-9a-f]+) \d\t([^\0]+)")
_UNTRACKED = re.compile(rb"\0\? ([^\0]+)")
_OVERLOOKED = re.compile(rb"\0[a-zS] ")


class SnapshotError(Exception):
    """No snapshot could be taken; the message says why in a few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A snapshot.

    Attributes:
        commit: Hash of the commit.
        top: The work tree's folder, without links.
        git_dir: The folder of its repository.
        started_ns: Time before the first file was read, by the clock of the repository's file system.
        index: Git's index file of the commit: its files, and the state in which they were read.
        outside: Paths relative to *top* that it lacks though git does not ignore them: nested repositories,
            files beyond the limits.
        submodules: Snapshots of the work tree's submodules, and of theirs.
        notes: What a person should know, a sentence each.
    """

    commit: str
    top: Path
    git_dir: Path
    started_ns: int
    index: bytes = field(repr=False)
    outside: tuple[str, ...] = ()
    submodules: tuple[Snapshot, ...] = ()
    notes: tuple[str, ...] = ()


def take_snapshot(
    source: Path,
    outputs: Sequence[Path],
    *,
    limits: Limits | None = None,
    on_slow: Callable[[], None] | None = None,
    timeout_s: float = _TIMEOUT_S,
) -> Snapshot:
    """Commit the work tree that contains *source*, without *outputs*.

    Args:
        source: A folder inside the work tree.
        outputs: The folders of output, left out wherever they are.
        limits: How much untracked data is taken.
        on_slow: Called once if it takes longer than a second.
        timeout_s: Seconds after which it is given up.

    Raises:
        SnapshotError: There is no git, no work tree here, git failed or took too long. Nothing is left behind.
    """
    if shutil.which("git") is None:
        raise SnapshotError("git is not installed")
    try:
        return _Taking(source, outputs, limits or Limits(), Patience(timeout_s, on_slow)).take()
    except (GitError, OSError) as error:
        raise SnapshotError(str(error)) from error


class _Taking:
    """The steps of taking one snapshot."""

    def __init__(self, source: Path, outputs: Sequence[Path], limits: Limits, patience: Patience) -> None:
        git = Git(os.fspath(source), patience)
        places = ["--show-toplevel", "--absolute-git-dir", "--git-path", "index", "--git-path", "objects"]
        code, found, errors = git.ask("rev-parse", *places, "--show-object-format")
        if code:
            is_elsewhere = b"not a git repository" in errors or b"must be run in a work tree" in errors
            reason = os.fsdecode(errors).strip().partition("\n")[0]
            raise GitError(f"{source} is not in a git work tree" if is_elsewhere else f"git rev-parse: {reason}")
        self.top, self.git_dir, *paths, algorithm = os.fsdecode(found).splitlines()
        self.no_blob = "0" * (64 if algorithm == "sha256" else 40)
        self.index, self.objects = (os.path.join(source, path) for path in paths)
        self.git = Git(self.top, patience)
        self.outputs = outputs
        self.limits = limits
        self.excluded = _inside(Path(self.top), outputs)
        self.hashed = HashedFiles(os.path.join(self.git_dir, "pyexp", "hashed"), self.top)
        self.notes: list[str] = []
        self.outside: list[str] = []
        self.submodules: list[Snapshot] = []

    def take(self) -> Snapshot:
        with Quarantine(self.objects) as quarantine:
            index = {"GIT_INDEX_FILE": quarantine.copy_index(self.index)}
            git = self.git.within({**quarantine.environment, **_IDENTITY, **index})
            head, head_tree, date = _head(git)
            tree = self._tree(git, quarantine.started_ns)
            commit = head if tree == head_tree else _commit(git, tree, head, date)
            written = _read_index(git)
            quarantine.release()
        self.git.call("update-ref", f"refs/pyexp/{commit[:12]}", commit)
        return Snapshot(
            commit=commit,
            top=Path(self.top),
            git_dir=Path(self.git_dir),
            started_ns=quarantine.started_ns,
            index=written,
            outside=tuple(self.outside),
            submodules=tuple(self.submodules),
            notes=tuple(self.notes),
        )

    def _tree(self, git: Git, started_ns: int) -> str:
        """Bring the index up to date with the work tree and return the hash of the tree that it makes."""
        listed, differing = git.call_at_once(
            ["ls-files", "-s", "-v", "-c", "-o", "-z", "--exclude-standard", *map(_pattern, self.excluded)],
            ["diff-files", "-z", "--name-only", "--ignore-submodules=all"],
        )
        listed = b"\0" + listed
        removed, overlooked, entries = self._look_at_tracked(listed)
        changed = [path for path in map(os.fsdecode, differing.split(b"\0")[:-1]) if path not in removed]
        untracked = self._choose([os.fsdecode(name) for name in _UNTRACKED.findall(listed)])
        files = [*overlooked, *untracked, *changed]
        known = {path: entry for path in files if (entry := self.hashed.find(path)) is not None}
        entries |= dict.fromkeys(removed, ("0", self.no_blob))
        found = self._enter(git, files, entries, known)
        code, tree, _ = git.ask("write-tree")
        if code and known:  # perhaps what was kept is not in the repository any more
            found = self._enter(git, files, entries, {})
        if code:
            tree = git.call("write-tree")
        with suppress(OSError):  # it only matters for speed
            self.hashed.keep(found, started_ns)
        return tree.decode().strip()

    def _look_at_tracked(self, listed: bytes) -> tuple[set[str], list[str], dict[str, Hashed]]:
        """Find tracked files of the output, tracked files that git overlooks, and the entries of submodules."""
        removed: set[str] = set()
        overlooked: list[str] = []
        entries: dict[str, Hashed] = {}
        # Most trees have thousands of files and none that needs a check.
        signs = (b" 160000 ", *(b"\t%b/" % os.fsencode(folder) for folder in self.excluded))
        if not any(sign in listed for sign in signs) and _OVERLOOKED.search(listed) is None:
            return removed, overlooked, entries
        for letter, mode, _, name in _TRACKED.findall(listed):
            path = os.fsdecode(name)
            if any(path.startswith(f"{folder}/") for folder in self.excluded):
                removed.add(path)
            elif mode == _SUBMODULE:
                entries |= self._take_submodule(path)
            elif (letter.islower() or letter == b"S") and os.path.lexists(os.path.join(self.top, path)):
                overlooked.append(path)
        return removed, overlooked, entries

    def _choose(self, untracked: Sequence[str]) -> list[str]:
        """Choose from *untracked* what is taken."""
        nested = [path for path in untracked if path.endswith("/")]
        taken, left_out = choose([path for path in untracked if not path.endswith("/")], self.top, self.limits)
        self.outside += [*(path.rstrip("/") for path in nested), *left_out]
        if left_out:
            self.notes.append(describe_left_out(left_out, self.limits))
        return taken

    def _take_submodule(self, path: str) -> dict[str, Hashed]:
        """Take the snapshot of the submodule at *path* and return its entry."""
        folder = Path(self.top, path)
        if not (folder / ".git").exists():
            return {}  # not checked out
        try:
            found = _Taking(folder, self.outputs, self.limits, self.git.patience).take()
        except (GitError, OSError) as error:
            self.outside.append(path)
            self.notes.append(f"no git snapshot of the submodule {path}: {error}")
            return {}
        self.notes += [f"{path}: {note}" for note in found.notes]
        self.outside += [f"{path}/{part}" for part in found.outside]
        self.submodules += [replace(found, submodules=(), notes=(), outside=()), *found.submodules]
        return {path: (_SUBMODULE.decode(), found.commit)}

    def _enter(
        self, git: Git, files: Sequence[str], entries: Mapping[str, Hashed], known: Mapping[str, Hashed]
    ) -> dict[str, Hashed]:
        """Enter *files* and *entries* into the index; *known* need not be read. Return what *files* are now."""
        fresh = {path for path in files if path not in known}
        replaced = {**dict.fromkeys(fresh, ("0", self.no_blob)), **entries, **known}
        lines = [f"{mode} {blob}\t{path}" for path, (mode, blob) in replaced.items()]
        if lines:
            git.call("update-index", "-z", "--index-info", stdin=_joined(lines))
        if not fresh:
            return dict(known)
        _make_young(git)
        present = [path for path in sorted(fresh) if _is_file(os.path.join(self.top, path))]
        git.call("update-index", "-z", "--add", "--remove", "--replace", "--stdin", stdin=_joined(present))
        _make_young(git)
        listed = _TRACKED.findall(b"\0" + git.call("ls-files", "-s", "-v", "-z"))
        entered = ((os.fsdecode(name), mode.decode(), blob.decode()) for _, mode, blob, name in listed)
        return {**known, **{path: (mode, blob) for path, mode, blob in entered if path in fresh}}


def _head(git: Git) -> tuple[str, str, str]:
    """Hash, tree and date of the last commit; empty ones before the first."""
    head, _, content = git.call("cat-file", "--batch", stdin=b"HEAD\n").partition(b"\n")
    found = re.match(rb"tree (\w+)\n(?:.+\n)*?committer .*> (\d+ [-+]\d+)\n", content)
    if found is None:
        return "", "", _NO_DATE
    return head.split()[0].decode(), found[1].decode(), f"@{found[2].decode()}"


def _commit(git: Git, tree: str, head: str, date: str) -> str:
    dated = git.within({"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date})
    return dated.call("commit-tree", tree, *(["-p", head] if head else []), "-m", _MESSAGE).decode().strip()


def _read_index(git: Git) -> bytes:
    """Return git's index in a version that is not compressed."""
    path = Path(git.environment["GIT_INDEX_FILE"])
    if not path.exists():
        return b""
    if path.read_bytes()[7] == _COMPRESSED:
        git.call("update-index", "--index-version=2")
    return path.read_bytes()


def _make_young(git: Git) -> None:
    """Keep git from rereading files that it was given because they are not older than the index."""
    with suppress(FileNotFoundError):
        os.utime(git.environment["GIT_INDEX_FILE"], (_FUTURE_S, _FUTURE_S))


def _inside(top: Path, folders: Sequence[Path]) -> list[str]:
    """Return those of *folders* that are in *top*, as git spells them."""
    root = top.resolve()
    resolved = [folder.resolve() for folder in folders]
    return [folder.relative_to(root).as_posix() for folder in resolved if root in folder.parents]


def _is_file(path: str) -> bool:
    return os.path.isfile(path) or os.path.islink(path)


def _pattern(folder: str) -> str:
    """Return the option that excludes *folder* from git's search."""
    return "--exclude=/" + re.sub(r"([\\*?\[ ])", r"\\\1", folder) + "/"


def _joined(lines: Sequence[str]) -> bytes:
    return b"".join(os.fsencode(line) + b"\0" for line in lines)

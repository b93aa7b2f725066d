"""The state of the user's git work tree, kept as a commit that no branch shows.

Tracked and untracked files, not ignored ones, never the output. Index, work tree, stash list and branches stay
as they are; a ref under ``refs/pyexp/`` keeps the commit from garbage collection.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_TIMEOUT_S = 120


class SnapshotError(Exception):
    """No snapshot could be taken; the message says why in a few words."""


def take_snapshot(source: Path, outputs: Sequence[Path], label: str) -> str:
    """Commit the work tree that *source* stands in, without *outputs*, and return the commit's hash.

    Args:
        source: A folder inside the work tree.
        outputs: The folders of output, left out wherever they are.
        label: Message of the commit and last part of the ref's name.

    Raises:
        SnapshotError: There is no git, no work tree here, or git failed.
    """
    if shutil.which("git") is None:
        raise SnapshotError("git is not installed")
    found = _git(source, "rev-parse", "--show-toplevel", check=False)
    if not found:
        raise SnapshotError(f"{source} is not in a git work tree")
    top = Path(found)
    git_dir = Path(_git(source, "rev-parse", "--absolute-git-dir"))
    head = _git(source, "rev-parse", "--verify", "--quiet", "HEAD", check=False)
    with tempfile.TemporaryDirectory(prefix="pyexp-") as folder:
        index = Path(folder, "index")
        if (git_dir / "index").exists():
            # The real index knows which files are unchanged, so only changed ones are read.
            shutil.copyfile(git_dir / "index", index)
        environment = os.environ | {
            "GIT_INDEX_FILE": str(index),
            "GIT_AUTHOR_NAME": "pyexp",
            "GIT_AUTHOR_EMAIL": "pyexp@localhost",
            "GIT_COMMITTER_NAME": "pyexp",
            "GIT_COMMITTER_EMAIL": "pyexp@localhost",
        }
        inside = _inside(top, outputs)
        _git(top, "add", "--all", "--", ".", *_exclusions(top, inside), environment=environment)
        if inside:
            _git(top, "rm", "-r", "--cached", "--quiet", "--ignore-unmatch", "--", *inside, environment=environment)
        tree = _git(top, "write-tree", environment=environment)
        parents = ["-p", head] if head else []
        commit = _git(top, "commit-tree", tree, *parents, "-m", f"pyexp: {label}", environment=environment)
    _git(top, "update-ref", f"refs/pyexp/{commit[:12]}", commit)
    return commit


def _inside(top: Path, folders: Sequence[Path]) -> list[str]:
    """Those of *folders* that are in *top*, as git spells them."""
    root = top.resolve()
    resolved = [folder.resolve() for folder in folders]
    return [folder.relative_to(root).as_posix() for folder in resolved if root in folder.parents]


def _exclusions(top: Path, folders: list[str]) -> list[str]:
    # Git refuses to be told of an ignored folder, and leaves it out anyway.
    return [
        f":(exclude,literal){folder}" for folder in folders if not _git(top, "check-ignore", "--", folder, check=False)
    ]


def _git(folder: Path, *arguments: str, environment: dict[str, str] | None = None, check: bool = True) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SnapshotError(f"git {arguments[0]}: {error}") from error
    if done.returncode and check:
        reason = done.stderr.strip().splitlines() or [f"exit {done.returncode}"]
        raise SnapshotError(f"git {arguments[0]}: {reason[0]}")
    return done.stdout.strip()

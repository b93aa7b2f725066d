"""Contents of files as they were at the start, read from git. Asked only for files that have changed since."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    Wanted = tuple[int, str, str]

_BATCH = 500


class Objects:
    """Files of a few repositories: one call to git gets many of them.

    A file is a repository's index, a path there and the hash of its content. What git stores is not always what was
    in the folder (line ends, large files elsewhere): its filters convert the one into the other.
    """

    def __init__(self, roots: Sequence[tuple[str, str, str]]) -> None:
        self._roots = roots
        self._contents: dict[Wanted, bytes] = {}

    def has(self, wanted: Wanted) -> bool:
        """Return whether the content of *wanted* is here already."""
        return wanted in self._contents

    def fetch(self, files: Sequence[Wanted]) -> None:
        """Get the contents of *files*, all of one repository, as far as one call to git returns them."""
        # A line of the request is a hash and a path.
        files = [file for file in files[:_BATCH] if "\n" not in file[1]]
        if len(files) < 2:  # noqa: PLR2004 — the one is read by path
            return
        # Git reports sizes before its filters: only a word that no file holds marks where one ends.
        mark = os.urandom(16).hex().encode() + b"\n"
        request = b"".join(f"{blob} ".encode() + os.fsencode(path) + b"\n" for _, path, blob in files)
        code, output, _ = self._git(files[0][0], [f"--batch={mark.decode().strip()}", "--filters"], request)
        blocks = output.split(mark)[1:]
        if code == 0 and len(blocks) == len(files):
            self._contents.update(zip(files, (block[:-1] for block in blocks), strict=True))

    def read(self, wanted: Wanted) -> bytes:
        """Return the content of *wanted*.

        Raises:
            ImportError: Git does not have it any more.
        """
        if wanted not in self._contents:
            index, path, _ = wanted
            _, git_dir, commit = self._roots[index]
            code, output, errors = self._git(index, ["--filters", f"{commit}:{path}"])
            if code:
                reason = (errors.decode(errors="replace").strip().splitlines() or ["git failed"])[-1]
                raise ImportError(
                    f"{path} has changed since the experiment was started, and its code of then (commit {commit[:12]}) "
                    f"cannot be read from {git_dir}: {reason}; start the experiment again"
                )
            self._contents[wanted] = output
        return self._contents[wanted]

    def _git(self, index: int, arguments: Sequence[str], request: bytes = b"") -> tuple[int, bytes, bytes]:
        import subprocess

        top, git_dir, commit = self._roots[index]
        environment = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
        # Git before 2.43 takes the filters from the present .gitattributes.
        environment["GIT_ATTR_SOURCE"] = commit
        command = ["git", f"--git-dir={git_dir}", f"--work-tree={top}", "cat-file", *arguments]
        try:
            done = subprocess.run(
                command,
                input=request,
                env=environment,
                capture_output=True,
                check=False,
                cwd=top if os.path.isdir(top) else None,
            )
        except OSError as error:
            return 1, b"", str(error).encode()
        return done.returncode, done.stdout, done.stderr


def is_ignored(top: str, git_dir: str, path: str) -> bool:
    """Return whether git would ignore the file *path* of the work tree *top*."""
    import subprocess

    environment = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
    try:
        asked = subprocess.run(
            ["git", f"--git-dir={git_dir}", f"--work-tree={top}", "check-ignore", "-q", "--no-index", "--", path],
            cwd=top,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return asked.returncode == 0


# They name the repository that the program was started for, which may be another one.
_MISLEADING = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"}

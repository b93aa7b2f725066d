"""A git work tree whose state is frozen, and programs that import from it afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from pyexp.code.taking import save_tree, take_tree
from pyexp.code.tree import Root

PRELUDE = """
import sys
from pyexp.code.install import install
install({saved!r})
sys.path[0:1] = {path!r}
"""


def git(folder: Path, *arguments: str) -> str:
    """Run git in *folder* and give what it prints."""
    options = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "protocol.file.allow=always"]
    done = subprocess.run(["git", *options, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


class WorkTree:
    """A repository in *root*; what the runs need to know of it is kept in a file beside it."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root.resolve()
        self.saved = self.root.with_name(f"{root.name}.tree")
        self.path = [str(self.root)]
        git(self.root, "init", "-q", ".")
        self.write(".gitignore", "__pycache__/\nignored*\n.venv/\nbuild/\n")

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file of the tree; a new inode, as editors and git do."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def freeze(self, *, is_settled: bool = True, with_index: bool = True, **options) -> str:
        """Commit all and note the state; of a settled tree, no file was written in the last moments."""
        started = time.time_ns() + (3_000_000_000 if is_settled else 0)
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "--allow-empty", "-m", "start")
        git_dir = git(self.root, "rev-parse", "--absolute-git-dir")
        commit = git(self.root, "rev-parse", "HEAD")
        index = (Path(git_dir) / "index").read_bytes() if with_index else b""
        root = Root(top=str(self.root), git_dir=git_dir, commit=commit, index=index)
        tree = take_tree([root], started_ns=started, **options)
        save_tree(tree, self.saved)
        return commit

    def python(self, code: str, **options) -> str:
        """Run *code* in a process with the hook, warnings being errors, and give what it prints."""
        program = PRELUDE.format(saved=str(self.saved), path=self.path) + code
        done = self.start(["-c", program], **options)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self, arguments: list[str], **options) -> subprocess.CompletedProcess[str]:
        """Run Python with *arguments* outside of the tree."""
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return subprocess.run(
            [sys.executable, "-W", "error", *arguments],
            cwd=options.pop("cwd", self.root.parent),
            env=environment | options.pop("env", {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
            **options,
        )

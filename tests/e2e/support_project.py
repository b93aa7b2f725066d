"""A user's project in a folder of its own: scripts written there and run as a user runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pyexp

SOURCE = Path(pyexp.__file__).parents[1]
WAIT_S = 60.0


class Project:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = os.environ | {
            "PYTHONPATH": str(SOURCE),
            "GIT_CEILING_DIRECTORIES": str(root.parent),
            "COLUMNS": "200",
        }

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"))
        return path

    def python(
        self, script: str, *arguments: str, status: int = 0, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run *script* to its end; its exit status must be *status*."""
        return self.run(sys.executable, script, *arguments, status=status, **environment)

    def run(self, *command: str | Path, status: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run *command* to its end; its exit status must be *status*."""
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )
        assert done.returncode == status, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def start(self, script: str, *arguments: str) -> subprocess.Popen[str]:
        """Start *script* and return at once."""
        return subprocess.Popen(
            [sys.executable, script, *arguments],
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=restore_interrupt,
        )

    def experiments(self, out: str = "out") -> list[str]:
        return sorted(os.listdir(self.root / out))

    def batches(self, experiment: str, out: str = "out") -> list[Path]:
        return sorted((self.root / out / experiment).iterdir())

    def batch(self, experiment: str, out: str = "out") -> Path:
        """The only batch of *experiment*."""
        (batch,) = self.batches(experiment, out)
        return batch


def restore_interrupt() -> None:
    """A process started in the background of a shell ignores Ctrl-C; a user's does not."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def run_folder(batch: Path, name: str) -> Path:
    """Folder of the run called *name*."""
    (folder,) = batch.glob(f"{name}-" + "?" * 12)
    return folder


def statuses(batch: Path) -> dict[str, str]:
    """State of each run by its name, read from the files alone."""
    states = {}
    for folder in filter(
        None, json.loads((batch / "runs.json").read_text())["runs"]
    ):  # null where the sweep has a hole
        path = batch / folder / "status.json"
        states[folder.rpartition("-")[0]] = load(path)["status"] if path.exists() else "pending"
    return states


def load(path: Path) -> Any:
    return json.loads(path.read_text())

"""An experiment script in a process of its own, marked so that all its processes can be found."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyexp
from pyexp.store.batches.finding import find_batches
from support.processes import kill_all, marked

SOURCE = str(Path(pyexp.__file__).resolve().parents[1])

HEADER = """\
import os, signal, subprocess, sys, time
from pathlib import Path
import pyexp
HERE = Path(__file__).parent
"""

FOOTER = """
if __name__ == "__main__":
    exp.run()
"""


@dataclass
class Script:
    """A script in *folder* that declares ``exp`` and runs it.

    Attributes:
        folder: Where it lies; the batches are in its ``out``.
        mark: Stands in the environment of every process it starts.
    """

    folder: Path
    mark: str = field(default_factory=lambda: f"pyexp-test-{secrets.token_hex(8)}")
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.folder / "main.py"

    def write(self, body: str, *, footer: str = FOOTER) -> Script:
        """Write the script: imports, the dedented *body* that defines ``exp``, and the call of ``run()``."""
        self.path.write_text(HEADER + textwrap.dedent(body) + footer, encoding="utf-8")
        return self

    def start(self, *flags: str, env: dict[str, str] | None = None, **popen: Any) -> subprocess.Popen[str]:
        """Start the script without waiting."""
        environment = os.environ | {"PYTHONPATH": SOURCE, "PYEXP_TEST_MARK": self.mark} | (env or {})
        options: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "env": environment,
            "cwd": self.folder,
        }
        process = subprocess.Popen([sys.executable, str(self.path), "--no-stash", *flags], **(options | popen))
        self.started.append(process)
        return process

    def run(self, *flags: str, timeout_s: float = 60.0, **popen: Any) -> subprocess.CompletedProcess[str]:
        """Run the script to its end."""
        process = self.start(*flags, **popen)
        out, err = process.communicate(timeout=timeout_s)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def batches(self) -> list[Path]:
        """Its batch folders, oldest first."""
        return find_batches(self.folder / "out" / "exp")

    def runs(self) -> list[Path]:
        """Run folders of its latest batch, in the order of the configs."""
        batches = self.batches()
        if not batches:
            return []
        return [batches[-1] / name for name in json.loads((batches[-1] / "runs.json").read_bytes())["runs"]]

    def statuses(self) -> dict[str, str]:
        """Status of each run of the latest batch by its folder's name, as its own file tells."""
        told = {}
        for run in self.runs():
            path = run / "status.json"
            told[run.name] = json.loads(path.read_bytes())["status"] if path.exists() else "pending"
        return told

    def processes(self) -> dict[int, str]:
        """What lives of all that this script started."""
        return marked(self.mark)

    def end(self) -> None:
        """Kill what a failed test left, and close the pipes."""
        kill_all(self.processes())
        for process in self.started:
            process.kill()
            process.wait()
            for pipe in (process.stdout, process.stderr, process.stdin):
                if pipe is not None:
                    pipe.close()


def kill_hard(process: subprocess.Popen[str]) -> None:
    """SIGKILL and reap."""
    process.send_signal(signal.SIGKILL)
    process.wait()

"""The viewer as a process of its own, at a port that stays over restarts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

TOKEN = "a-token-for-the-browser-tests"
PROGRAM = """
import sys, anyio
from pathlib import Path
from pyexp.viewer.http.app import serve
from pyexp.viewer.settings import ViewerSettings, checked_root
settings = ViewerSettings(root=checked_root(Path(sys.argv[1])), port=int(sys.argv[2]), token=sys.argv[3])
anyio.run(serve, settings, lambda url: print(url, flush=True))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Viewer:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = free_port()
        self.token = TOKEN
        self.process: subprocess.Popen[str] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        if self.process is not None:
            return
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self.process = subprocess.Popen(self.command(), stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(self.base):
                self.token = line.strip().partition("#token=")[2]
                return
        raise AssertionError("the viewer printed no address")

    def command(self) -> list[str]:
        return [sys.executable, "-c", PROGRAM, str(self.root), str(self.port), self.token]

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None


class Program(Viewer):
    """The viewer as a user starts it; its token is what it prints."""

    def command(self) -> list[str]:
        return [sys.executable, "-m", "pyexp.viewer", str(self.root), "--port", str(self.port)]

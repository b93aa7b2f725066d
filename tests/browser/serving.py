"""The viewer as a process of its own, at a port that stays over restarts."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

TOKEN = "a-token-for-the-browser-tests"
PREPARED = Path(__file__).with_name("prepared.py")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_python(arguments: list[str], **pipes: Any) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True, env=environment, **pipes)


class Servers:
    """Forks the tests' servers, all at one port: what the browser has kept of the page is good for the next test."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process = start_python([str(PREPARED)], stdin=subprocess.PIPE)

    def ask(self, **order: object) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self) -> None:
        self.process.communicate()


class Viewer:
    """The viewer of a folder."""

    def __init__(self, root: Path, servers: Servers) -> None:
        self.root = root
        self.servers = servers
        self.port = servers.port
        self.token = TOKEN
        self.pid: int | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        if self.pid is None:
            pid, _, url = self.servers.ask(root=str(self.root), port=self.port, token=self.token).partition(" ")
            assert url == f"{self.base}/#token={self.token}", "the viewer printed no address"
            self.pid = int(pid)

    def stop(self) -> None:
        if self.pid is not None:
            assert self.servers.ask(stop=self.pid) == "stopped"
            self.pid = None


class Program:
    """The viewer as a user starts it, with further folders perhaps; its token is what it prints."""

    def __init__(self, root: Path, *more: str) -> None:
        self.root = root
        self.more = more
        self.port = free_port()
        self.token = ""
        self.process: subprocess.Popen[str] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        if self.process is not None:
            return
        self.process = start_python(["-m", "pyexp.viewer", str(self.root), *self.more, "--port", str(self.port)])
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(self.base):
                self.token = line.strip().partition("#token=")[2]
                return
        raise AssertionError("the viewer printed no address")

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None

"""Real clusters for the tests: heads and nodes in processes of their own, which end with the test's process at the latest."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyexp.executors.remote.lifeline import Lifeline
from support.waiting import wait_until

RAY = Path(sys.executable).with_name("ray")
SMALL = ["--object-store-memory=100000000", "--disable-usage-stats", "--block"]
HIDE = "mount --make-rprivate / && for folder in {folders}; do mount -t tmpfs tmpfs $folder || exit 9; done && exec {command}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RealCluster:
    """A head that listens on *address* (``host:port``) and *client* (``ray://host:port``)."""

    address: str
    client: str
    lifeline: Lifeline


@contextmanager
def head(*options: str, hidden: list[Path] = ()):
    """Start a head that does not see the folders *hidden*."""
    try:
        cluster = start_head(*options, hidden=hidden)
    except AssertionError:
        # Between the choice of a port and its use, Ray may have taken it for one of its own.
        cluster = start_head(*options, hidden=hidden)
    try:
        yield cluster
    finally:
        cluster.lifeline.close()


def start_head(*options: str, hidden: list[Path]) -> RealCluster:
    """Start a head on free ports and wait until it can be joined."""
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
    port, client_port = free_port(), free_port()
    ports = [f"--port={port}", f"--ray-client-server-port={client_port}", "--node-ip-address=127.0.0.1"]
    more = ["--include-dashboard=false", "--include-log-monitor=false", f"--temp-dir={folder}"]
    lifeline = start([str(RAY), "start", "--head", *ports, *more, *SMALL, *options], folder, hidden=hidden)
    try:
        for number in (port, client_port):
            wait_until(lambda number=number: is_open(number), timeout_s=60, what=f"the head's port {number}")
    except BaseException:
        lifeline.close()
        raise
    return RealCluster(address=f"127.0.0.1:{port}", client=f"ray://127.0.0.1:{client_port}", lifeline=lifeline)


@contextmanager
def node(cluster: RealCluster, *options: str, hidden: list[Path] = ()):
    """Add a node to *cluster* that does not see the folders *hidden*; the block's value ends it."""
    folder = tempfile.mkdtemp(prefix="node-", dir="/tmp")
    command = [str(RAY), "start", f"--address={cluster.address}", f"--temp-dir={folder}", *SMALL, *options]
    lifeline = start(command, folder, hidden=hidden)
    try:
        yield lifeline
    finally:
        lifeline.close()


def start(command: list[str], folder: str, *, hidden: list[Path]) -> Lifeline:
    """Start *command* so that it, and all below it, ends with this process."""
    if hidden:
        script = HIDE.format(folders=shlex.join(map(str, hidden)), command=shlex.join(command))
        command = ["/usr/bin/env", "unshare", "-m", "sh", "-c", script]
    lifeline = Lifeline()
    with open(f"{folder}/start.log", "wb") as log, open(os.devnull, "rb") as null:
        environment = os.environ | {"RAY_AUTH_MODE": "disabled", "PYTHONPATH": os.pathsep.join(sys.path)}
        streams = (null.fileno(), log.fileno(), log.fileno())
        lifeline.start(command, streams=streams, environment=environment, folder="/", scratch=folder)
    log_path = Path(folder, "start.log")
    try:
        wait_until(
            lambda: b"Ray runtime started" in log_path.read_bytes(), timeout_s=60, what=f"the start of {command}"
        )
    except BaseException:
        lifeline.close()
        raise
    return lifeline


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def can_hide() -> bool:
    """Whether this user may give a process mounts of its own."""
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0

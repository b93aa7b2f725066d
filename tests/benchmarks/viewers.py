"""What both tables of the viewer use: free ports, requests, and logs for TensorBoard."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyexp.log import Logger

TAGS = 6  # of what `log_step` logs
HAS_RIVAL = find_spec("tensorboard") is not None


def log_step(logger: Logger, step: int, run: int = 0) -> None:
    """Log a number for each tag."""
    logger.set_global_it(step)
    for tag in range(TAGS):
        logger.add_scalar(f"tag{tag}", (step * 7919 + run) % 1000 / 1000)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def write_rival_logs(root: Path, runs: int, tags: int, points: int) -> None:
    """The same points as TensorBoard's event files."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    for run in range(runs):
        folder = root / f"run{run:04}"
        folder.mkdir(parents=True)
        with (folder / "events.out.tfevents.1700000000.host").open("wb") as file:
            writer = RecordWriter(file)
            writer.write(Event(wall_time=1.7e9, file_version="brain.Event:2").SerializeToString())
            for step in range(points):
                values = [
                    Summary.Value(tag=f"group{tag % 5}/tag{tag:02}", simple_value=(step * 7919 + tag) % 1000 / 1000)
                    for tag in range(tags)
                ]
                event = Event(wall_time=1.7e9 + step, step=step, summary=Summary(value=values))
                writer.write(event.SerializeToString())
            writer.flush()


def wait_for_page(url: str) -> None:
    while True:
        try:
            urllib.request.urlopen(url, timeout=60).read()
        except (ConnectionError, urllib.error.URLError):
            time.sleep(0.005)
        else:
            return


def fetch_bytes(url: str, token: str = "") -> bytes:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    return urllib.request.urlopen(request, timeout=60).read()


def fetch(url: str, token: str = "") -> Any:
    return json.loads(fetch_bytes(url, token))

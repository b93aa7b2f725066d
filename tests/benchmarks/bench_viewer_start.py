"""The "Viewer, start" table: from start to charts, next to TensorBoard on the same data.

Painting is not in these figures: see `bench_page.py`. TensorBoard takes part where it is installed.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from table import Row, print_table
from viewers import HAS_RIVAL, fetch, fetch_bytes, free_port, wait_for_page, write_rival_logs

import pyexp.viewer
from pyexp.log import Logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROUNDS = 5
CHARTS, SHOWN = 6, 20
SMALL = (100, 10, 1_000)
LARGE = (1_000, 50, 1_000)
MANY_POINTS = (1, 1, 1_000_000)


@dataclass(frozen=True, slots=True)
class Started:
    """One start of a viewer until its charts' data had arrived."""

    page_s: float
    charts_s: float
    memory_mb: float


def write_logs(root: Path, runs: int, tags: int, points: int) -> None:
    """Logs of so many runs, closed."""
    for run in range(runs):
        with Logger(root / f"run{run:04}") as logger:
            for step in range(points):
                logger.set_global_it(step)
                for tag in range(tags):
                    logger.add_scalar(f"group{tag % 5}/tag{tag:02}", (step * 7919 + tag) % 1000 / 1000)


def start_ours(root: Path, runs: int) -> Started:
    """Start the viewer and fetch what its first screen needs."""
    port = free_port()
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "pyexp.viewer", root, "--port", str(port)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            wait_for_page(f"http://127.0.0.1:{port}/")
            page_s = time.perf_counter() - start
            process.stdout.readline()
            base, _, token = process.stdout.readline().strip().partition("/#token=")
            charts(base, token, runs)
            return Started(page_s, time.perf_counter() - start, memory_mb(process.pid))
        finally:
            process.terminate()


def charts(base: str, token: str, runs: int) -> None:
    """Fetch the data of the first charts."""
    catalog = fetch(f"{base}/api/catalog", token)
    ids = ",".join(str(run["id"]) for run in catalog["runs"][:runs])
    tags = fetch(f"{base}/api/tags?runs={ids}", token)["scalars"]
    for tag in tags[:CHARTS]:
        fetch_bytes(f"{base}/api/series?tag={tag['id']}&runs={ids}", token)


def start_rival(root: Path, runs: int, tags: int, points: int) -> Started:
    """Start TensorBoard and fetch the same charts, as soon as it has read them whole."""
    port = free_port()
    start = time.perf_counter()
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", root, "--port", str(port), "--host", "127.0.0.1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            base = f"http://127.0.0.1:{port}"
            wait_for_page(f"{base}/")
            page_s = time.perf_counter() - start
            scalars = f"{base}/data/plugin/scalars"
            while sum(map(len, fetch(f"{scalars}/tags").values())) < runs * tags:
                time.sleep(0.02)
            for tag in range(min(CHARTS, tags)):
                for run in range(min(SHOWN, runs)):
                    query = urllib.parse.urlencode({"tag": f"group{tag % 5}/tag{tag:02}", "run": f"run{run:04}"})
                    while fetch(f"{scalars}/scalars?{query}")[-1][1] < points - 1:
                        time.sleep(0.02)
            return Started(page_s, time.perf_counter() - start, memory_mb(process.pid))
        finally:
            process.terminate()


def memory_mb(pid: int) -> float:
    """Peak resident memory of a process and its children."""
    status = Path(f"/proc/{pid}/status").read_text()
    own = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1000
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(memory_mb(int(child)) for child in children)


def median_of(call: Callable[[], Started], rounds: int) -> Started:
    found = [call() for _ in range(rounds)]
    return Started(*(statistics.median(values) for values in zip(*map(_figures, found), strict=True)))


def _figures(started: Started) -> tuple[float, float, float]:
    return started.page_s, started.charts_s, started.memory_mb


def starting(folder: Path) -> Iterable[Row]:
    """Starts, on logs of several sizes."""
    for name, size, target, rounds in (
        ("100 runs × 10 tags × 1,000 points", SMALL, 1.5, ROUNDS),
        ("one tag of 1 M points", MANY_POINTS, 2.0, ROUNDS),
        ("1,000 runs × 50 tags × 1,000 points", LARGE, 1.5, 3),
    ):
        root = folder / name
        write_logs(root, *size)
        ours = median_of(lambda root=root, size=size: start_ours(root, min(SHOWN, size[0])), rounds)
        rival: Started | None = None
        # Fifty million events are more than TensorBoard is worth waiting for.
        if HAS_RIVAL and size is not LARGE:
            write_rival_logs(folder / f"{name} (rival)", *size)
            rival = median_of(
                lambda name=name, size=size: start_rival(folder / f"{name} (rival)", *size), min(rounds, 3)
            )
        missing = "not run at this size" if HAS_RIVAL else "not installed"

        def next_to(value: float | None, missing: str = missing) -> dict[str, float | str]:
            return {"TensorBoard": missing if value is None else value}

        if size is SMALL:
            yield Row(what="start to first page", ours=ours.page_s, target=1.0, rivals=next_to(rival and rival.page_s))
        yield Row(
            what=f"first charts, {name}", ours=ours.charts_s, target=target, rivals=next_to(rival and rival.charts_s)
        )
        limit = 300 if size is LARGE else None
        yield Row(
            what=f"server's memory, {name}",
            ours=ours.memory_mb,
            target=limit,
            unit="MB",
            rivals=next_to(rival and rival.memory_mb),
        )
        if size is SMALL:
            yield Row(what="one screen, 6 charts × 10 runs × 1,000 points, served", ours=screen_s(root), target=0.6)


def screen_s(root: Path) -> float:
    """Seconds to serve one screen's data."""
    viewer = pyexp.viewer.start_viewer(root, port=free_port())
    try:
        base, _, token = viewer.url.partition("/#token=")
        seconds = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            charts(base, token, 10)
            seconds.append(time.perf_counter() - start)
        return statistics.median(seconds)
    finally:
        viewer.stop()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    with tempfile.TemporaryDirectory(prefix="pyexp-bench-") as name:
        print_table("Viewer, start", starting(Path(name)))

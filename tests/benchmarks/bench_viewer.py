"""The "Viewer" table: from start to charts, and from a logged point to a page, beside TensorBoard on the same data.

Painting is not in these figures: see `bench_page.py`. TensorBoard takes part where it is installed.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from array import array
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import aiohttp.web
from table import Row, print_table

import pyexp.viewer
from pyexp.log import Logger
from pyexp.log.eventfile.sink import EventFile
from pyexp.log.values.events import Points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROUNDS = 5
CHARTS, SHOWN = 6, 20
FRAME_BYTES = 330  # one new point of one run
SMALL = (100, 10, 1_000)
LARGE = (1_000, 50, 1_000)
MANY_POINTS = (1, 1, 1_000_000)
HAS_RIVAL = find_spec("tensorboard") is not None


@dataclass(frozen=True, slots=True)
class Started:
    """One start of a viewer until its charts' data had arrived."""

    page_s: float
    charts_s: float
    memory_mb: float


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def write_logs(root: Path, runs: int, tags: int, points: int) -> None:
    """Logs of so many runs, closed."""
    for run in range(runs):
        with Logger(root / f"run{run:04}") as logger:
            for step in range(points):
                logger.set_global_it(step)
                for tag in range(tags):
                    logger.add_scalar(f"group{tag % 5}/tag{tag:02}", (step * 7919 + tag) % 1000 / 1000)


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

        def beside(value: float | None, missing: str = missing) -> dict[str, float | str]:
            return {"TensorBoard": missing if value is None else value}

        if size is SMALL:
            yield Row(what="start to first page", ours=ours.page_s, target=1.0, rivals=beside(rival and rival.page_s))
        yield Row(
            what=f"first charts, {name}", ours=ours.charts_s, target=target, rivals=beside(rival and rival.charts_s)
        )
        limit = 300 if size is LARGE else None
        yield Row(
            what=f"server's memory, {name}",
            ours=ours.memory_mb,
            target=limit,
            unit="MB",
            rivals=beside(rival and rival.memory_mb),
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


def following(folder: Path) -> Iterable[Row]:
    """From a point to the pages that look at it."""
    logged = asyncio.run(logged_to_frame(folder / "logged"))
    rival: dict[str, float | str] = {"TensorBoard": "not installed"}
    if HAS_RIVAL:
        rival = {"TensorBoard": rival_delay_s(folder / "rival")}
    yield Row(what="a point logged → websocket frame, p95", ours=quantile(logged, 0.95), target=0.150, rivals=rival)
    for pages, target in ((50, 0.020), (500, 0.060)):
        rounds = [
            (asyncio.run(sent_to_frames(pages)), asyncio.run(written_to_frames(folder / f"{pages}-{number}", pages)))
            for number in range(3)
        ]

        def median(which: int, share: float, rounds: list[tuple[list[float], list[float]]] = rounds) -> float:
            return statistics.median(quantile(delays[which], share) for delays in rounds)

        yield Row(what=f"a point in the file → {pages} pages at 10 Hz, p99", ours=median(1, 0.99), target=target)
        yield Row(what="the same beside a server that only sends, p99", ours=median(1, 0.99), floor=median(0, 0.99))
        yield Row(what="the same beside a server that only sends, median", ours=median(1, 0.5), floor=median(0, 0.5))


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


async def logged_to_frame(root: Path) -> list[float]:
    """Delays from the call of `add_scalar` to the frame's arrival."""
    delays: list[float] = []
    with Logger(root / "run") as logger:
        logger.add_scalar("loss", 0.0)
        logger.flush()
        async with watched(root, 1) as arrived:
            for number in range(100):
                arrived.clear()
                start = time.perf_counter()
                logger.add_scalar("loss", float(number))
                delays.append(await asyncio.wait_for(arrived.first(), 10) - start)
                await asyncio.sleep(0.03 + number % 7 * 0.01)
    return delays


async def written_to_frames(root: Path, pages: int) -> list[float]:
    """Delays from the write of a block to its arrival at each of *pages*, ten times a second."""
    (root / "run").mkdir(parents=True)
    (root / "run" / ".pyexp").touch()
    file = EventFile(root / "run" / "events.pb")

    def write(step: int) -> None:
        points = Points("loss", array("q", [step]), array("d", [float(step)]), array("d", [time.time()]))
        file.prepare([points], [])()

    write(0)
    async with watched(root, pages) as arrived:
        delays = await ten_a_second(write, arrived)
    file.close()
    return delays


async def ten_a_second(tell: Callable[[int], object], arrived: Arrivals) -> list[float]:
    """Delays from a hundred calls of *tell* to the arrivals."""
    delays: list[float] = []
    for step in range(1, 101):
        # Also before the first: a page that was just sent what it looks at rests for a moment, so that updates merge.
        await asyncio.sleep(0.1 if step == 1 else 0)
        arrived.clear()
        start = time.perf_counter()
        tell(step)
        await asyncio.sleep(0.1)
        delays.extend(moment - start for moment in arrived.moments)
    return delays


async def sent_to_frames(pages: int) -> list[float]:
    """The floor: as many sockets of a server that only sends as many bytes to each, when it is told to by a pipe."""
    port = free_port()
    command = [sys.executable, __file__, "--floor", str(port)]
    process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        await process.stdout.readline()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            arrived, ready = Arrivals(), asyncio.Semaphore(0)

            async def page() -> None:
                async with http.ws_connect(f"http://127.0.0.1:{port}/") as socket:
                    ready.release()
                    while (await socket.receive()).type is aiohttp.WSMsgType.BINARY:
                        arrived.note()

            tasks = [asyncio.ensure_future(page()) for _ in range(pages)]
            for _ in tasks:
                await ready.acquire()
            delays = await ten_a_second(lambda _: process.stdin.write(b"."), arrived)
            process.kill()
            await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        await process.wait()
    return delays


async def serve_floor(port: int) -> None:
    """Send a frame to every socket whenever something stands in the standard input."""
    sockets: list[aiohttp.web.WebSocketResponse] = []

    async def live(request: aiohttp.web.Request) -> aiohttp.web.WebSocketResponse:
        page = aiohttp.web.WebSocketResponse(compress=False)
        await page.prepare(request)
        sockets.append(page)
        async for _ in page:
            pass
        return page

    app = aiohttp.web.Application()
    app.router.add_get("/", live)
    runner = aiohttp.web.AppRunner(app, access_log=None)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", port).start()
    told = asyncio.Event()
    asyncio.get_running_loop().add_reader(0, lambda: os.read(0, 100) and told.set())
    print("up", flush=True)
    while True:
        await told.wait()
        told.clear()
        for page in sockets:
            await page.send_bytes(bytes(FRAME_BYTES))


class Arrivals:
    """When frames arrived."""

    def __init__(self) -> None:
        self.moments: list[float] = []
        self._some = asyncio.Event()

    def note(self) -> None:
        self.moments.append(time.perf_counter())
        self._some.set()

    def clear(self) -> None:
        self.moments = []
        self._some.clear()

    async def first(self) -> float:
        await self._some.wait()
        return self.moments[0]


class watched:
    """A viewer for *root*, and so many pages that look at its one series."""

    def __init__(self, root: Path, pages: int) -> None:
        self._root, self._pages = root, pages

    async def __aenter__(self) -> Arrivals:
        self._viewer = await asyncio.to_thread(pyexp.viewer.start_viewer, self._root, port=free_port())
        base, _, token = self._viewer.url.partition("/#token=")
        run = (await asyncio.to_thread(fetch, f"{base}/api/catalog", token))["runs"][0]["id"]
        tag = (await asyncio.to_thread(fetch, f"{base}/api/tags?runs={run}", token))["scalars"][0]["id"]
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        arrivals, ready = Arrivals(), asyncio.Semaphore(0)

        async def page() -> None:
            async with self._http.ws_connect(f"{base}/api/live", protocols=("pyexp.v1", f"token.{token}")) as socket:
                await socket.receive()
                await socket.send_str(json.dumps({"type": "look", "series": [{"tag": tag, "runs": [run]}]}))
                await socket.receive()
                ready.release()
                while (await socket.receive()).type is aiohttp.WSMsgType.BINARY:
                    arrivals.note()

        self._tasks = [asyncio.ensure_future(page()) for _ in range(self._pages)]
        for _ in self._tasks:
            await ready.acquire()
        return arrivals

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.close()
        await asyncio.to_thread(self._viewer.stop)


def rival_delay_s(root: Path) -> float:
    """p95 of the delay from a point written and flushed to TensorBoard's server giving it out."""
    write_rival_logs(root, 1, 1, 10)
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    port, delays = free_port(), []
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", root, "--port", str(port), "--host", "127.0.0.1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for_page(f"http://127.0.0.1:{port}/")
            url = f"http://127.0.0.1:{port}/data/plugin/scalars/scalars?tag=group0/tag00&run=run0000"
            with next((root / "run0000").iterdir()).open("ab") as file:
                writer = RecordWriter(file)
                for step in range(10, 16):
                    value = Summary.Value(tag="group0/tag00", simple_value=1.0)
                    writer.write(Event(step=step, wall_time=1.7e9, summary=Summary(value=[value])).SerializeToString())
                    writer.flush()
                    start = time.perf_counter()
                    while fetch_last_step(url) < step:
                        time.sleep(0.02)
                    delays.append(time.perf_counter() - start)
                    time.sleep(1.7)
        finally:
            process.terminate()
    return quantile(delays[1:], 0.95)


def fetch_last_step(url: str) -> int:
    try:
        return fetch(url)[-1][1]
    except urllib.error.HTTPError:  # it has not read the run yet
        return -1


if __name__ == "__main__" and "--floor" in sys.argv:
    asyncio.run(serve_floor(int(sys.argv[-1])))
elif __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    with tempfile.TemporaryDirectory(prefix="pyexp-bench-") as name:
        print_table("Viewer", chain(starting(Path(name)), following(Path(name))))

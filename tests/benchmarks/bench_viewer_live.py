"""The "Viewer, live" table: from a logged point to the pages that look at it, next to TensorBoard.

Painting is not in these figures: see `bench_page.py`. TensorBoard takes part where it is installed.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
from array import array
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import aiohttp.web
from table import Row, print_table
from viewers import HAS_RIVAL, fetch, free_port, wait_for_page, write_rival_logs

import pyexp.viewer
from pyexp.log import Logger
from pyexp.log.eventfile.sink import EventFile
from pyexp.log.values.events import Points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FRAME_BYTES = 330  # one new point of one run


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
        yield Row(what="the same next to a server that only sends, p99", ours=median(1, 0.99), floor=median(0, 0.99))
        yield Row(what="the same next to a server that only sends, median", ours=median(1, 0.5), floor=median(0, 0.5))


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


async def ten_a_second(emit: Callable[[int], object], arrived: Arrivals) -> list[float]:
    """Delays from a hundred calls of *emit* to the arrivals."""
    delays: list[float] = []
    for step in range(1, 101):
        # Also before the first: a page that was just sent what it looks at rests for a moment, so that updates merge.
        await asyncio.sleep(0.1 if step == 1 else 0)
        arrived.clear()
        start = time.perf_counter()
        emit(step)
        await asyncio.sleep(0.1)
        delays.extend(moment - start for moment in arrived.moments)
    return delays


async def sent_to_frames(pages: int) -> list[float]:
    """The floor: as many sockets of a server that only sends as many bytes to each, when a pipe asks for it."""
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
    asked = asyncio.Event()
    asyncio.get_running_loop().add_reader(0, lambda: os.read(0, 100) and asked.set())
    print("up", flush=True)
    while True:
        await asked.wait()
        asked.clear()
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
        print_table("Viewer, live", following(Path(name)))

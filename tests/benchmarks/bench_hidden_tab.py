"""The "Hidden tab" table: what Chromium takes of a core while another tab lies over the page of a live sweep.

Asks Chromium by its debugging protocol: Playwright makes each page believe that it is in front. Without a Chromium it says
so and measures nothing.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
from table import Row, print_table
from viewers import free_port, log_step

from pyexp.log import Logger
from pyexp.viewer import start_viewer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

RUNS, WRITERS, POINTS = 20, 10, 1_000
SETTLING_S, WATCHED_S = 8.0, 20.0
VIEWS = {"charts": "tab=scalars", "smoothed charts": "smooth=0.6", "the table of runs": "tab=runs"}
READY = "document.querySelectorAll('.card[data-drawn], table.runs tbody tr').length"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--remote-allow-origins=*",
    "--window-size=1440,900",
]


class Chromium:
    """A running Chromium, asked over HTTP and websockets at its debugging port."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self.session = session
        self.base = f"http://127.0.0.1:{port}/json"

    async def get(self, path: str, method: str = "GET") -> Any:
        """What the browser answers at *path*, once it does."""
        while True:
            try:
                async with self.session.request(method, self.base + path) as response:
                    return await response.json(content_type=None)
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)

    async def call(self, target: dict[str, Any], command: str, **parameters: object) -> dict[str, Any]:
        """What a *target* (a tab, or the browser) answers to a *command*."""
        async with self.session.ws_connect(target["webSocketDebuggerUrl"]) as socket:
            await socket.send_json({"id": 1, "method": command, "params": parameters})
            return (await socket.receive_json()).get("result", {})

    async def value(self, tab: dict[str, Any], expression: str) -> Any:
        answer = await self.call(tab, "Runtime.evaluate", expression=expression, returnByValue=True)
        return answer.get("result", {}).get("value")

    async def cpu_s(self) -> float:
        """Processor seconds of all of its processes so far."""
        processes = await self.call(await self.get("/version"), "SystemInfo.getProcessInfo")
        return sum(process["cpuTime"] for process in processes["processInfo"])


@contextmanager
def live_sweep(root: Path) -> Iterator[None]:
    """Runs of which half log ten times a second."""
    is_over = threading.Event()
    with ExitStack() as stack:
        loggers = [stack.enter_context(Logger(root / f"run{run:02}")) for run in range(RUNS)]
        for run, logger in enumerate(loggers):
            for step in range(POINTS):
                log_step(logger, step, run)
            logger.flush()
        writer = threading.Thread(target=write, args=(loggers[:WRITERS], is_over))
        writer.start()
        try:
            yield
        finally:
            is_over.set()
            writer.join()


def write(loggers: list[Logger], is_over: threading.Event) -> None:
    step = POINTS
    while not is_over.wait(0.1):
        for run, logger in enumerate(loggers):
            log_step(logger, step, run)
        step += 1


@contextmanager
def started(executable: str, url: str, profile: Path) -> Iterator[int]:
    """A Chromium with one tab, at the debugging port that is given."""
    port = free_port()
    command = [executable, *ARGUMENTS, f"--remote-debugging-port={port}", f"--user-data-dir={profile}", url]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


async def hidden_share(chromium: Chromium) -> float:
    """Per cent of a core that the browser takes once another tab lies over the page."""
    tab = next(target for target in await chromium.get("") if target["type"] == "page")
    while not await chromium.value(tab, READY):  # noqa: ASYNC110 — Chromium tells when only to who asks
        await asyncio.sleep(0.2)
    await chromium.get("/new?about:blank", "PUT")
    await asyncio.sleep(SETTLING_S)
    assert await chromium.value(tab, "document.hidden"), "the page is still seen"
    before, begin = await chromium.cpu_s(), time.monotonic()
    await asyncio.sleep(WATCHED_S)
    return 100 * (await chromium.cpu_s() - before) / (time.monotonic() - begin)


async def rows(executable: str, root: Path, profiles: Path) -> AsyncIterator[Row]:
    """A row for each view of the sweep in *root*."""
    viewer = start_viewer(root, port=0)
    try:
        for number, (name, view) in enumerate(VIEWS.items()):
            with started(executable, f"{viewer.url}&{view}", profiles / str(number)) as port:
                async with aiohttp.ClientSession() as session:
                    share = await hidden_share(Chromium(session, port))
            what = f"{WRITERS} writers × 10 Hz, {name} of {RUNS} runs: Chromium takes"
            yield Row(what=what, ours=share, target=3, unit="% of a core")
    finally:
        viewer.stop()


async def main() -> None:
    """Print the table."""
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if executable is None:
        print("\n## Hidden tab\n\nnot measured: it needs a Chromium (see the README)")
        return
    with tempfile.TemporaryDirectory(prefix="pyexp-bench-", ignore_cleanup_errors=True) as name:
        root = Path(name, "out")
        with live_sweep(root):
            print_table("Hidden tab", [row async for row in rows(executable, root, Path(name))])


if __name__ == "__main__":
    asyncio.run(main())

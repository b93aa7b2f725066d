"""R24 to R27 with the full counts: lost watches, crowds of pages, pages that take nothing, restarts."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import anyio
import pytest

pytest.importorskip("aiohttp", reason='the viewer needs its extra: pip install "pyexp[viewer]"')

import aiohttp

import pyexp.viewer
from pyexp.log import Logger, LogReader
from viewer_server import Client, served

# The first of a crowd waits until the last one is there.
CROWD_S = 300
pytestmark = [pytest.mark.stress, pytest.mark.anyio, pytest.mark.timeout(600)]


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def viewer(tmp_path):
    """A viewer in a process of its own, so that its memory and descriptors can be told from the test's."""
    root = tmp_path / "logs"
    root.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = pyexp.viewer.start_viewer(root, port=port)
    yield root, found
    found.stop()


def memory_bytes(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def session():
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None))


def log_points(logger, steps):
    for step in steps:
        logger.set_global_it(step)
        logger.add_scalar("loss", float(step))
    logger.flush()


async def test_r24_two_hundred_nested_folders_made_at_once(tmp_path):
    async with served(tmp_path) as client, client.live() as page:
        await page.look(catalog=0, epoch=page.epoch)
        for number in range(200):
            with Logger(tmp_path / f"{number % 7}" / f"{number % 11}" / "x" / f"run{number}") as logger:
                log_points(logger, range(3))
        made_at = time.monotonic()
        names = set()
        while len(names) < 200:
            message = await page.next()
            names |= {run["name"] for run in message["runs"]}
        assert time.monotonic() - made_at <= 1.5
        tag = await client.tag("loss")
        ids = [run["id"] for run in (await client.runs()).values()]
        frame = await client.frame("/api/series", tag=tag, runs=",".join(map(str, ids)))
        assert Counter(series.total for series in frame.series) == {3: 200}


async def test_r24_an_overflowing_queue_loses_nothing(tmp_path):
    async with served(tmp_path) as client, client.live() as page:
        await page.look(catalog=0, epoch=page.epoch)
        with Logger(tmp_path / "run") as logger:
            log_points(logger, range(3))
            noise = tmp_path / "noise"
            noise.mkdir()
            for number in range(30_000):
                (noise / str(number)).touch()
            while not any(run["name"] == "run" for run in (await page.next())["runs"]):
                pass
            run, tag = (await client.runs())["run"]["id"], await client.tag("loss")
            await page.look(series=[{"tag": tag, "runs": [run]}])
            shutil.rmtree(noise)
            log_points(logger, range(3, 50))
            await page.until_points(tag, run, 50)


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare of util-linux")
def test_r24_without_inotify_watches_the_sweep_sees_it(tmp_path):
    for number in range(200):
        (tmp_path / f"folder{number}").mkdir()
    code = f"""
import sys, anyio
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from viewer_server import served
from pyexp.log import Logger
async def main():
    async with served({str(tmp_path)!r}) as client, client.live() as page:
        with Logger({str(tmp_path / "folder7" / "run")!r}) as logger:
            logger.add_scalar("loss", 1.0); logger.flush()
            runs = await client.wait(lambda runs: "run" in runs)
            tag = await client.tag("loss")
            await page.look(series=[{{"tag": tag, "runs": [runs["run"]["id"]]}}])
            await page.until_points(tag, runs["run"]["id"], 1)
            logger.add_scalar("loss", 2.0); logger.flush()
            print(await page.until_points(tag, runs["run"]["id"], 2))
anyio.run(main)
"""
    limited = ["unshare", "--user", "--map-root-user", "sh", "-c"]
    script = 'echo 50 > /proc/sys/user/max_inotify_watches && exec "$0" -c "$1"'
    if subprocess.run(
        [*limited, "echo 50 > /proc/sys/user/max_inotify_watches"], check=False, capture_output=True
    ).returncode:
        pytest.skip("user namespaces are not allowed here")
    environment = os.environ | {"PYTHONPATH": str(Path(pyexp.viewer.__file__).parents[2])}
    done = subprocess.run(
        [*limited, script, sys.executable, code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == "[(0.0, 1.0), (1.0, 2.0)]", done.stderr


@pytest.mark.parametrize("count", [50, 500, 2_000])
async def test_r25_crowds_are_served_and_their_descriptors_return(viewer, count):
    import resource

    wanted = count + 500
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            pytest.skip(f"needs {wanted} open files, {hard} are allowed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    root, found = viewer
    with Logger(root / "run") as logger:
        log_points(logger, range(3))
        async with session() as http:
            client = Client(found.url, http)
            runs = await client.wait(lambda runs: "run" in runs)
            run, tag = runs["run"]["id"], await client.tag("loss")
            before = descriptors(found.pid)
            ready = asyncio.Semaphore(0)
            reached = []

            async def watch_page():
                async with client.live() as page:
                    await page.look(series=[{"tag": tag, "runs": [run]}])
                    await page.until_points(tag, run, 3, wait_s=CROWD_S)
                    ready.release()
                    reached.append(await page.until_points(tag, run, 53, wait_s=CROWD_S))

            async with anyio.create_task_group() as tasks:
                for _ in range(count):
                    tasks.start_soon(watch_page)
                for _ in range(count):
                    await ready.acquire()
                for step in range(3, 53):
                    log_points(logger, [step])
                    await anyio.sleep(0.1)
            assert reached == [[(step, step) for step in range(53)]] * count
            with anyio.fail_after(30):
                while descriptors(found.pid) > before + 10:  # noqa: ASYNC110 — another process closes them
                    await anyio.sleep(0.1)


async def test_r25_connect_storms_leave_nothing_behind(viewer):
    root, found = viewer
    with Logger(root / "run") as logger:
        log_points(logger, range(3))
    async with session() as http:
        client = Client(found.url, http)
        await client.wait(lambda runs: "run" in runs)
        before, memory = descriptors(found.pid), memory_bytes(found.pid)

        async def knock(number):
            stream = await anyio.connect_tcp("127.0.0.1", client.port)
            async with stream:
                # Some say nothing, some half a request, some a request without waiting for the answer.
                half = b"GET /api/live HTTP/1.1\r\nHost: localhost\r\n"
                await stream.send([b"\r", half, half + b"\r\n"][number % 3])

        for _ in range(10):
            async with anyio.create_task_group() as tasks:
                for number in range(200):
                    tasks.start_soon(knock, number)
        with anyio.fail_after(60):
            while descriptors(found.pid) > before + 10:  # noqa: ASYNC110 — another process closes them
                await anyio.sleep(0.1)
        assert memory_bytes(found.pid) - memory < 20_000_000
        assert (await client.json("/api/hello"))["root"] == "logs"


async def test_r26_a_page_that_never_reads_costs_little_and_is_closed(viewer):
    root, found = viewer
    for name in ("loud", "quiet"):
        with Logger(root / name):
            pass
    (root / "loud" / "log.out").touch()
    async with session() as http:
        client = Client(found.url, http)
        runs = await client.wait(lambda runs: len(runs) == 2 and runs["loud"]["output"])
        async with client.live() as other:
            stalled = await anyio.connect_tcp("127.0.0.1", client.port)
            upgrade = (
                "GET /api/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                f"Sec-WebSocket-Protocol: {', '.join(client.protocols)}\r\n\r\n"
            )
            await stalled.send(upgrade.encode())
            look = json.dumps({"type": "look", "log": {"run": runs["loud"]["id"], "offset": 0}}).encode()
            await stalled.send(b"\x81" + bytes([0x80 | len(look)]) + bytes(4) + look)
            await other.look(log={"run": runs["quiet"]["id"], "offset": 0})
            memory, highest, written = memory_bytes(found.pid), 0, 0
            opened, closed_after = time.monotonic(), None
            with (root / "loud" / "log.out").open("ab") as loud:
                while written < 100_000_000 or closed_after is None:
                    loud.write(b"x" * 1_000_000)
                    loud.flush()
                    written += 1_000_000
                    await anyio.sleep(0.05)
                    highest = max(highest, memory_bytes(found.pid))
                    try:
                        await stalled.send(b"\x8a\x80" + bytes(4))
                    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                        closed_after = closed_after or time.monotonic() - opened
            assert closed_after < 20
            assert highest - memory < 20_000_000
            (root / "quiet" / "log.out").write_text("still here")
            message = await other.until(lambda message: message["type"] == "log")
            assert message["text"] == "still here"
            await stalled.aclose()


async def test_r27_restarts_and_cut_connections_lose_nothing(tmp_path):
    rng = random.Random(1)
    held, cursors, port, step = {}, {}, 0, 0
    with Logger(tmp_path / "run") as logger:
        log_points(logger, range(3))
        step = 3
        for _ in range(20):
            async with served(tmp_path, port=port) as client:
                port = client.port
                run, tag = (await client.runs())["run"]["id"], await client.tag("loss")
                for _ in range(rng.randrange(1, 4)):
                    async with client.live() as page:
                        page.held, page.cursors = held, cursors
                        place = {"tag": tag, "runs": [run]}
                        if (tag, run) in cursors:
                            place["cursors"] = {str(run): cursors[tag, run]}
                        await page.look(series=[place])
                        more = rng.randrange(1, 30)
                        log_points(logger, range(step, step + more))
                        step += more
                        # Now and then the connection is cut before all has arrived.
                        if rng.random() < 0.5:
                            await page.until_points(tag, run, step - more // 2)
                        else:
                            await page.until_points(tag, run, step)
                        page.socket._response.connection.transport.abort()
            log_points(logger, range(step, step + 5))
            step += 5
        async with served(tmp_path, port=port) as client, client.live() as page:
            page.held, page.cursors = held, cursors
            await page.look(series=[{"tag": tag, "runs": [run], "cursors": {str(run): cursors[tag, run]}}])
            await page.until_points(tag, run, step)
    assert held[tag, run] == LogReader(tmp_path / "run").load_scalars("loss") == [(at, at) for at in range(step)]

"""S9: a log made to hurt: a million tags, a tag of 10 MB, the largest steps, values that are no numbers."""

from __future__ import annotations

import os
import socket
from array import array
from pathlib import Path

import pytest

pytest.importorskip("aiohttp", reason='the viewer needs its extra: pip install "pyexp[viewer]"')

import aiohttp

import pyexp.viewer
from pyexp.log import Logger
from pyexp.log.eventfile.sink import EventFile
from pyexp.log.values.events import Points
from viewer_server import Client

pytestmark = [pytest.mark.stress, pytest.mark.anyio, pytest.mark.timeout(600)]


@pytest.fixture
def anyio_backend():
    return "asyncio"


def memory_bytes(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def write_many_tags(folder, count):
    """What a broken loop would log, if it had the time."""
    folder.mkdir()
    file = EventFile(folder / "events.pb")
    for start in range(0, count, 10_000):
        tags = (f"tag{number}" for number in range(start, start + 10_000))
        file.prepare([Points(tag, array("q", [0]), array("d", [1.0]), array("d", [0.0])) for tag in tags], [])()
    file.close()


async def test_s9_a_hostile_log_is_cut_with_a_notice(tmp_path):
    write_many_tags(tmp_path / "many", 1_000_000)
    with Logger(tmp_path / "large") as logger:
        logger.add_scalar("x" * 10_000_000, float("nan"))
        logger.set_global_it(2**63 - 1)
        logger.add_scalar("edge", float("nan"))
        logger.set_global_it(2**62)
        logger.add_scalar("edge", float("inf"))
        logger.add_text("long", "y" * 10_000_000)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    viewer = pyexp.viewer.start_viewer(tmp_path, port=port)
    try:
        async with aiohttp.ClientSession() as http:
            client = Client(viewer.url, http)
            runs = {name: run["id"] for name, run in (await client.runs()).items()}
            many = await client.json("/api/tags", runs=runs["many"])
            assert len(many["scalars"]) == 5_000
            assert "5,000" in many["notice"]
            frame = await client.frame("/api/series", tag=many["scalars"][-1]["id"], runs=runs["many"])
            assert frame.series[0].total == 1
            tags = await client.json("/api/tags", runs=runs["large"])
            shown = {tag["name"][:4]: tag for tag in tags["scalars"]}
            assert (len(shown["xxxx"]["name"]), shown["xxxx"]["cut"]) == (300, True)
            frame = await client.frame("/api/series", tag=shown["xxxx"]["id"], runs=runs["large"])
            assert str(frame.series[0].columns["value"]) == "[nan]"
            frame = await client.frame("/api/series", tag=shown["edge"]["id"], runs=runs["large"])
            assert frame.series[0].columns["step"] == [2.0**63, 2.0**62]
            (texts,) = (await client.json("/api/texts", tag=tags["texts"][0]["id"], runs=runs["large"]))["runs"]
            assert (len(texts["entries"][0]["text"]), texts["entries"][0]["length"]) == (20_000, 10_000_000)
            stats = await client.json("/api/stats", tags=shown["edge"]["id"], runs=runs["large"])
            assert (stats["rows"][0]["min"], stats["rows"][0]["last"]) == (None, "inf")
            async with client.live() as page:
                await page.look(tags={"runs": list(runs.values())})
                assert (await page.next())["type"] == "tags"
        assert memory_bytes(viewer.pid) < 500_000_000
    finally:
        viewer.stop()

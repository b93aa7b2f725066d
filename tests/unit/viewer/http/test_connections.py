"""At few descriptors the server stays polite."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress

import anyio
import anyio.lowlevel
import pytest

from pyexp.viewer.http import connections
from unit.viewer.http.test_security import raw
from viewer_server import served

pytestmark = pytest.mark.anyio

RAISE = """
import resource
from pyexp.viewer.http.connections import raise_descriptor_limit
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, min(hard, 1024)))
print(raise_descriptor_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.slow
async def test_the_soft_limit_is_raised_to_the_hard_one() -> None:
    found = (await anyio.run_process([sys.executable, "-c", RAISE])).stdout
    assert found.split() == [b"864", b"1024", b"1024"]


async def test_connections_beyond_the_limit_are_told_so_once(tmp_path, monkeypatch, caplog) -> None:
    monkeypatch.setattr("pyexp.viewer.http.app.raise_descriptor_limit", lambda: 8)
    caplog.set_level(logging.WARNING, "pyexp.viewer.http")
    async with served(tmp_path) as client:
        streams = [await anyio.connect_tcp("127.0.0.1", client.port) for _ in range(8)]
        await anyio.wait_all_tasks_blocked()
        for _ in range(3):
            status, answer = await raw(client.port, "GET / HTTP/1.1\r\nHost: localhost\r\n")
            assert status == 503
            assert "close some of its pages" in answer
        for stream in streams:
            await stream.aclose()
        with anyio.fail_after(10):
            while (await raw(client.port, "GET / HTTP/1.1\r\nHost: localhost\r\n"))[0] != 200:
                await anyio.lowlevel.checkpoint()
    assert [record.getMessage().count("8 connections") for record in caplog.records] == [1]


@pytest.mark.slow
async def test_half_a_request_is_ended_and_a_page_is_not(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(connections, "HALF_REQUEST_S", 0.5)
    async with served(tmp_path) as client, client.live() as page:
        async with await anyio.connect_tcp("127.0.0.1", client.port) as stream:
            await stream.send(b"GET / HTTP/1.1\r\nHost: local")
            with anyio.fail_after(10), pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
                await stream.receive()
        await page.look(catalog=0)
        assert (await page.next())["type"] == "catalog"


async def drain(stream) -> None:
    with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
        while True:
            await stream.receive()


async def test_what_is_no_request_leaves_no_traceback(tmp_path, caplog) -> None:
    async with served(tmp_path) as client:
        for attack in (
            b"\x16\x03\x01\x02\x00\x01",
            b"GET\r\n\r\n",
            b"GET / HTTP/9\r\nHost: x\r\n\r\n",
            b"\x00" * 2000 + b"\r\n\r\n",
        ):
            async with await anyio.connect_tcp("127.0.0.1", client.port) as stream:
                await stream.send(attack)
                with anyio.fail_after(10):
                    await drain(stream)
    assert caplog.records == []

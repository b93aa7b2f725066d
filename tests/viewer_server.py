"""Runs the viewer's server inside a test, and speaks its protocol."""

from __future__ import annotations

import json
from array import array
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import anyio

from pyexp.viewer.http.app import serve
from pyexp.viewer.settings import ViewerSettings, checked_root

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

WAIT_S = 20.0


@dataclass
class Series:
    fields: dict[str, Any]
    columns: dict[str, list[float]]

    def __getattr__(self, name: str) -> Any:
        return self.fields[name]


@dataclass
class Frame:
    header: dict[str, Any]
    series: list[Series]


def decode_frame(data: bytes) -> Frame:
    """What the page does with a binary frame."""
    assert data[:4] == b"PXS1"
    length = int.from_bytes(data[4:8], "little")
    assert (8 + length) % 8 == 0
    header = json.loads(data[8 : 8 + length])
    body = data[8 + length :]
    found = []
    for fields in header["series"]:
        columns = {}
        for place, name in enumerate(header["columns"]):
            start = fields["offset"] + 8 * fields["points"] * place
            columns[name] = list(array("d", body[start : start + 8 * fields["points"]]))
            assert len(columns[name]) == fields["points"]
        found.append(Series(fields, columns))
    return Frame(header, found)


@dataclass
class Answer:
    data: bytes
    headers: dict[str, str]

    @property
    def text(self) -> str:
        return self.data.decode()


class Client:
    """A page, without a browser."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.base, _, fragment = url.partition("/#token=")
        self.base = self.base.rstrip("/")
        self.token = fragment or None
        self.session = session

    @property
    def port(self) -> int:
        return int(self.base.rpartition(":")[2])

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @property
    def protocols(self) -> tuple[str, ...]:
        return ("pyexp.v1", f"token.{self.token}") if self.token else ("pyexp.v1",)

    async def get(self, path: str, *, status: int = 200, **query: object) -> Answer:
        query = {name.rstrip("_"): str(value) for name, value in query.items()}
        async with self.session.get(self.base + path, params=query, headers=self.headers) as answer:
            data = await answer.read()
            assert answer.status == status, (answer.status, data)
            return Answer(data, dict(answer.headers))

    async def json(self, path: str, *, status: int = 200, **query: object) -> Any:
        return json.loads((await self.get(path, status=status, **query)).data)

    async def frame(self, path: str, **query: object) -> Frame:
        return decode_frame((await self.get(path, **query)).data)

    async def runs(self) -> dict[str, dict[str, Any]]:
        return {run["name"]: run for run in (await self.json("/api/catalog"))["runs"]}

    async def run_ids(self) -> str:
        return ",".join(str(run["id"]) for run in (await self.runs()).values())

    async def tag(self, name: str, kind: str = "scalars") -> int:
        tags = await self.json("/api/tags", runs=await self.run_ids())
        return next(tag["id"] for tag in tags[kind] if tag["name"] == name)

    @asynccontextmanager
    async def live(self) -> AsyncIterator[Live]:
        async with self.session.ws_connect(self.base + "/api/live", protocols=self.protocols) as socket:
            live = Live(socket)
            hello = await live.next(wait_s=120)
            assert hello["type"] == "hello"
            live.epoch = hello["epoch"]
            yield live

    async def wait(self, fits: Callable[[dict[str, dict[str, Any]]], bool]) -> dict[str, dict[str, Any]]:
        """Wait until the catalogue's runs, by name, are as they should be."""
        with anyio.fail_after(WAIT_S):
            while not fits(runs := await self.runs()):  # noqa: ASYNC110 — the server is asked, as a page would
                await anyio.sleep(0.02)
        return runs


class Live:
    """A page's websocket; keeps the series as a page would."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.epoch = ""
        self.held: dict[tuple[int, int], list[tuple[float, float]]] = {}
        self.cursors: dict[tuple[int, int], str | None] = {}

    async def look(self, **parts: Any) -> None:
        await self.socket.send_str(json.dumps({"type": "look", "seq": 1, **parts}))

    async def next(self, wait_s: float = WAIT_S) -> Any:
        """The next message: a dict, or a `Frame`, which is also applied to what is held."""
        with anyio.fail_after(wait_s):
            message = await self.socket.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            return json.loads(message.data)
        assert message.type is aiohttp.WSMsgType.BINARY, message
        frame = decode_frame(message.data)
        self.apply(frame)
        return frame

    def apply(self, frame: Frame) -> None:
        for series in frame.series:
            key = (frame.header["tag"], series.run)
            points = list(zip(series.columns["step"], series.columns["value"], strict=True))
            if series.replace:
                self.held[key] = points
            elif series.base == self.cursors.get(key):
                self.held[key] += points
            else:
                continue
            self.cursors[key] = series.cursor

    async def until(self, fits: Callable[[Any], bool]) -> Any:
        """The first message that fits; those before it are taken in."""
        with anyio.fail_after(WAIT_S):
            while not fits(message := await self.next()):
                pass
        return message

    async def until_points(self, tag: int, run: int, count: int, wait_s: float = WAIT_S) -> list[tuple[float, float]]:
        """Take messages until so many points of a series are held."""
        with anyio.fail_after(wait_s):
            while len(self.held.get((tag, run), ())) < count:
                await self.next(wait_s)
        return self.held[tag, run]


@asynccontextmanager
async def served(
    root: Path | str, *, token: str | None = "secret", host: str = "127.0.0.1", port: int = 0, **wishes: Any
) -> AsyncIterator[Client]:
    """The viewer for *root*, as long as the block lasts."""
    settings = ViewerSettings(root=checked_root(root), token=token, host=host, port=port, **wishes)
    urls: list[str] = []
    is_up = anyio.Event()

    def announce(url: str) -> None:
        urls.append(url)
        is_up.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(serve, settings, announce))
        with anyio.fail_after(WAIT_S):
            await is_up.wait()
        timeout = aiohttp.ClientTimeout(total=60)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            # Where a proxy's address is printed, the tests ask the viewer itself.
            url = urls[0] if settings.allowed.base_url is None else f"http://127.0.0.1:{port}/#token={token}"
            yield Client(url, session)
        tasks.cancel_scope.cancel()

"""The websocket: what a page that looks at something is sent, and that it misses nothing (R24, R25, R26, R27 in small)."""

from __future__ import annotations

import gc
import json
import os
import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest

from pyexp.config.config import Config
from pyexp.log import Logger
from pyexp.store.batch import Batch
from pyexp.tensor.tensor import Tensor
from pyexp.viewer.live import file_watch, pace, updates
from pyexp.viewer.live import websocket as live
from pyexp.viewer.live.hub import Hub
from viewer_server import WAIT_S, Client, Frame, Live, served

pytestmark = pytest.mark.anyio


def log_points(logger, steps, tag="loss"):
    for step in steps:
        logger.set_global_it(step)
        logger.add_scalar(tag, float(step))
    logger.flush()


def is_catalog(message):
    return isinstance(message, dict) and message["type"] == "catalog"


@dataclass(frozen=True, slots=True)
class Growing:
    """A run `a` that logs `loss`, a viewer that serves it, and a page that may look at it."""

    logger: Logger
    client: Client
    page: Live
    run: int
    tag: int

    def log(self, steps: Iterable[int]) -> None:
        log_points(self.logger, steps)

    async def look(self, cursor: str | None = None, **parts: Any) -> None:
        """Look at the curve, from *cursor* on if there is one."""
        series = {"tag": self.tag, "runs": [self.run]}
        await self.page.look(
            series=[series if cursor is None else series | {"cursors": {str(self.run): cursor}}], **parts
        )

    async def until(self, count: int) -> list[tuple[float, float]]:
        """Wait until the page holds so many points; they are returned."""
        return await self.page.until_points(self.tag, self.run, count)

    async def served(self) -> Any:
        """The curve as a request answers with it."""
        (series,) = (await self.client.frame("/api/series", tag=self.tag, runs=self.run)).series
        return series

    @property
    def held(self) -> list[tuple[float, float]]:
        return self.page.held[self.tag, self.run]


@asynccontextmanager
async def growing_log(root: Path) -> AsyncIterator[Growing]:
    """A log with ten points."""
    with Logger(root / "a") as logger:
        log_points(logger, range(10))
        async with served(root) as client, client.live() as page:
            yield Growing(logger, client, page, (await client.runs())["a"]["id"], await client.tag("loss"))


@pytest.fixture
async def growing(tmp_path: Path) -> AsyncIterator[Growing]:
    async with growing_log(tmp_path) as log:
        yield log


@pytest.mark.slow
async def test_a_look_is_answered_with_everything_and_then_with_what_is_new(growing):
    await growing.look()
    first = await growing.page.next()
    assert first.series[0].replace
    assert first.series[0].base is None
    assert first.series[0].columns["step"] == list(range(10))
    growing.log(range(10, 15))
    second = await growing.page.next()
    assert second.header["kind"] == "delta"
    assert not second.series[0].replace
    assert second.series[0].base == first.series[0].cursor
    assert await growing.until(15) == [(step, step) for step in range(15)]


async def test_a_page_that_holds_a_cursor_is_sent_only_what_follows(growing):
    held = await growing.served()
    growing.log(range(10, 13))
    await growing.look(held.cursor)
    frame = await growing.page.until(lambda message: isinstance(message, Frame))
    assert frame.series[0].base == held.cursor
    assert frame.series[0].columns["step"][0] == 10


@pytest.mark.parametrize(
    "cursor", ["", "x", "9.00000000", "1e9.00", "-5.0", "10.deadbeef", "99999999999.00000000", "."]
)
async def test_a_cursor_that_no_longer_holds_starts_over(growing, cursor):
    await growing.look(cursor)
    frame = await growing.page.next()
    assert frame.series[0].replace
    assert frame.series[0].points == 10


@pytest.mark.slow
async def test_a_later_attempt_replaces_what_it_hides(growing, tmp_path):
    await growing.look()
    await growing.until(10)
    growing.logger.close()
    with Logger(tmp_path / "a") as logger:
        logger.set_global_it(5)
        logger.add_scalar("loss", -1.0)
    with anyio.fail_after(WAIT_S):
        while growing.held[-1] != (5, -1):
            await growing.page.next()
    assert growing.held == [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, -1)]


@pytest.mark.slow
async def test_a_removed_log_empties_the_page(growing, tmp_path):
    growing.logger.close()
    catalog = await growing.client.json("/api/catalog")
    await growing.look(catalog=catalog["rev"], epoch=growing.page.epoch)
    await growing.until(10)
    shutil.rmtree(tmp_path / "a")
    gone = await growing.page.until(is_catalog)
    assert gone["gone"]["runs"] == [growing.run]


@pytest.mark.slow
async def test_a_run_that_appears_is_announced_and_its_points_follow(tmp_path):
    async with served(tmp_path) as client, client.live() as page:
        await page.look(catalog=0, epoch=page.epoch)
        with Logger(tmp_path / "later" / "run") as logger:
            log_points(logger, range(3))
            message = await page.until(is_catalog)
            (run,) = [run for run in message["runs"] if run["name"] == "run"]
            tag = await client.tag("loss")
            await page.look(catalog=message["rev"], epoch=page.epoch, series=[{"tag": tag, "runs": [run["id"]]}])
            log_points(logger, range(3, 6))
            assert await page.until_points(tag, run["id"], 6) == [(step, step) for step in range(6)]


async def test_a_batch_that_starts_is_announced(tmp_path):
    async with served(tmp_path) as client, client.live() as page:
        await page.look(catalog=0, epoch=page.epoch)
        _, claim = Batch.create(tmp_path / "mnist", Tensor([Config(name="a"), Config(name="b")]), {})
        names = set()
        while names != {"a", "b"}:
            names |= {run["name"] for run in (await page.until(is_catalog))["runs"]}
        claim.release()
        runs = await client.wait(lambda runs: not runs["a"]["events"])
        assert {run["status"] for run in runs.values()} == {"pending"}


async def test_a_page_of_another_epoch_fetches_the_catalogue_again(tmp_path):
    (tmp_path / ".pyexp").touch()
    async with served(tmp_path) as client, client.live() as page:
        rev = (await client.json("/api/catalog"))["rev"]
        await page.look(catalog=rev, epoch="another")
        assert (await page.next())["reload"] is True


@pytest.mark.slow
async def test_new_tags_and_entries_are_announced(growing):
    run, page = growing.run, growing.page
    tags = await growing.client.json("/api/tags", runs=run)
    await page.look(tags={"runs": [run], "rev": tags["rev"]})
    growing.logger.add_text("note", "one")
    growing.logger.flush()
    message = await page.until(lambda message: message["type"] == "tags")
    assert message["rev"] == (await growing.client.json("/api/tags", runs=run))["rev"] != tags["rev"]
    note = await growing.client.tag("note", "texts")
    await page.look(entries=[{"kind": "texts", "tag": note, "runs": [run], "totals": {str(run): 1}}])
    growing.logger.add_text("note", "two")
    growing.logger.flush()
    message = await page.until(lambda message: message["type"] == "entries")
    assert message == {"type": "entries", "kind": "texts", "tag": note, "run": run, "total": 2}


@pytest.mark.slow
async def test_output_is_followed(tmp_path):
    with Logger(tmp_path / "a"):
        pass
    out = tmp_path / "a" / "log.out"
    async with served(tmp_path) as client, client.live() as page:
        run = (await client.runs())["a"]["id"]
        await page.look(log={"run": run, "offset": 0})
        text = ""
        with out.open("a") as file:
            for line in ("one\n", "two\n"):
                file.write(line)
                file.flush()
                while not text.endswith(line):
                    message = await page.until(lambda message: message["type"] == "log")
                    assert message["start"] == len(text)
                    text += message["text"]
        assert text == "one\ntwo\n"
        out.write_text("new")
        message = await page.until(lambda message: message["type"] == "log")
        assert message["reset"] is True
        while message["text"] != "new":
            message = await page.until(lambda message: message["type"] == "log")
            assert message["start"] == 0


async def test_a_page_far_behind_is_sent_the_tail(tmp_path):
    with Logger(tmp_path / "a"):
        pass
    (tmp_path / "a" / "log.out").write_bytes(b"x" * 5_000_000)
    async with served(tmp_path) as client, client.live() as page:
        run = (await client.runs())["a"]["id"]
        await page.look(log={"run": run, "offset": 0})
        message = await page.next()
        assert (message["reset"], message["end"], len(message["text"])) == (True, 5_000_000, 65_536)


@pytest.mark.slow
async def test_what_is_not_understood_is_answered_and_the_look_stays(growing):
    await growing.look()
    await growing.until(10)
    for nonsense in ("{", '{"type": "shutdown"}', "[]", '"look"'):
        await growing.page.socket.send_str(nonsense)
        assert (await growing.page.next())["type"] == "error"
    await growing.page.socket.send_bytes(b"\x00\x01")
    growing.log(range(10, 12))
    await growing.until(12)


async def test_a_message_too_long_ends_only_its_page(tmp_path):
    async with served(tmp_path) as client, client.live() as other:
        async with client.live() as page:
            await page.socket.send_str("x" * (2 << 20))
            message = await page.socket.receive(timeout=WAIT_S)
            assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
        await other.look(tags={"runs": [], "rev": None})
        assert (await other.next())["type"] == "tags"


@pytest.mark.slow
async def test_a_delta_too_long_is_thinned(growing):
    await growing.look()
    first = await growing.page.next()
    # Until the page looks again nothing is sent, so all of this is one delta.
    await growing.page.look()
    growing.log(range(10, 50_000))
    await growing.look(first.series[0].cursor)
    with anyio.fail_after(WAIT_S):
        while growing.held[-1][0] != 49_999:
            frame = await growing.page.next()
            assert frame.series[0].points <= 1_100
    assert growing.held == sorted(set(growing.held))


@pytest.mark.slow
async def test_r27_a_page_goes_on_after_the_viewer_restarts(tmp_path):
    with Logger(tmp_path / "a") as logger:
        log_points(logger, range(10))
        async with served(tmp_path) as client, client.live() as page:
            run, tag = (await client.runs())["a"]["id"], await client.tag("loss")
            await page.look(series=[{"tag": tag, "runs": [run]}])
            await page.until_points(tag, run, 10)
            port = client.port
        log_points(logger, range(10, 20))
        async with served(tmp_path, port=port) as client, client.live() as after:
            after.held, after.cursors = page.held, page.cursors
            cursors = {str(run): page.cursors[tag, run]}
            await after.look(series=[{"tag": tag, "runs": [run], "cursors": cursors}])
            frame = await after.until(lambda message: isinstance(message, Frame))
            assert not frame.series[0].replace
            log_points(logger, range(20, 25))
            assert await after.until_points(tag, run, 25) == [(step, step) for step in range(25)]


@pytest.mark.parametrize("has_watches", [True, False], ids=["watched", "swept"])
@pytest.mark.slow
async def test_r24_every_event_is_seen(tmp_path, monkeypatch, has_watches):
    if not has_watches:

        def refuse(*_arguments, **_settings):
            raise OSError(28, "inotify watch limit reached")

        monkeypatch.setattr("watchfiles.awatch", refuse)
    async with served(tmp_path) as client, client.live() as page:
        await page.look(catalog=0, epoch=page.epoch)
        loggers = []
        for number in range(10 if has_watches else 3):
            with anyio.fail_after(5):
                logger = Logger(tmp_path / f"new{number}" / "deep" / "er" / f"run{number}")
                loggers.append(logger)
                log_points(logger, range(3))
                runs: dict[str, int] = {}
                while f"run{number}" not in runs:
                    message = await page.until(is_catalog)
                    runs |= {run["name"]: run["id"] for run in message["runs"]}
                run, tag = runs[f"run{number}"], await client.tag("loss")
                await page.look(catalog=message["rev"], epoch=page.epoch, series=[{"tag": tag, "runs": [run]}])
                log_points(logger, range(3, 5))
                await page.until_points(tag, run, 5)
        for logger in loggers:
            logger.close()


@pytest.mark.slow
async def test_growth_that_was_reported_twice_wakes_the_pages_once(tmp_path, monkeypatch):
    monkeypatch.setattr(pace, "SWEEP_S", 0.02)
    announced = []
    announce = Hub.announce

    async def note(hub, grown):
        announced.append(grown)
        await announce(hub, grown)

    monkeypatch.setattr(Hub, "announce", note)
    async with growing_log(tmp_path) as growing:
        await growing.look()
        await growing.until(10)
        await anyio.sleep(0.2)
        announced.clear()
        for count in range(11, 16):
            growing.log([count - 1])
            await growing.until(count)
            # Hints of the watcher, and sweeps, that find nothing new.
            await anyio.sleep(0.2)
    # Hints and sweeps report each growth at least twice. A log that is being read at that moment counts as grown.
    assert set(announced) == {frozenset([growing.run])}
    assert 5 <= len(announced) <= 7


@pytest.mark.slow
async def test_a_page_rests_only_after_it_was_sent_something(tmp_path, monkeypatch):
    monkeypatch.setattr(live, "PACE_S", 3600)
    async with growing_log(tmp_path) as growing:
        held = await growing.served()
        await growing.look(held.cursor)
        await anyio.sleep(0.2)
        growing.log([10])
        frame = await growing.page.next()
        assert frame.series[0].base == held.cursor


@pytest.mark.slow
async def test_what_was_loaded_at_the_start_is_not_collected_again_and_again(tmp_path):
    async with served(tmp_path):
        assert gc.get_freeze_count() > 1000
    assert gc.get_freeze_count() == 0


@pytest.mark.slow
async def test_pages_that_hold_the_same_share_one_computed_frame(tmp_path, monkeypatch):
    computed = []
    delta_frame = updates.delta_frame

    def note(library, tag, cursors):
        computed.append(cursors)
        return delta_frame(library, tag, cursors)

    monkeypatch.setattr(updates, "delta_frame", note)
    async with AsyncExitStack() as stack:
        loggers = [stack.enter_context(Logger(tmp_path / name)) for name in "ab"]
        for logger in loggers:
            log_points(logger, range(3))
        client = await stack.enter_async_context(served(tmp_path))
        found, tag = await client.runs(), await client.tag("loss")
        runs = [found[name]["id"] for name in "ab"]
        pages = [await stack.enter_async_context(client.live()) for _ in range(8)]
        for page, order in zip(pages, [runs, runs[::-1]] * 4, strict=True):
            await page.look(series=[{"tag": tag, "runs": order}])
            await page.until_points(tag, runs[0], 3)
        await anyio.sleep(0.2)
        computed.clear()
        log_points(loggers[0], [3])
        for page in pages:
            await page.until_points(tag, runs[0], 4)
    assert len(computed) == 1


def open_descriptors():
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


@pytest.mark.slow
async def test_r25_many_pages_are_served_and_their_sockets_return(growing):
    before = open_descriptors()
    reached = []

    async def watch_page():
        async with growing.client.live() as page:
            another = replace(growing, page=page)
            await another.look()
            reached.append(await another.until(15))

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(watch_page)
        growing.log(range(10, 15))
    assert reached == [[(step, step) for step in range(15)]] * 50
    with anyio.fail_after(WAIT_S):
        while open_descriptors() > before + 5:  # noqa: ASYNC110 — nothing reports when the last one is closed
            await anyio.sleep(0.05)


@pytest.mark.slow
async def test_r26_a_page_that_takes_nothing_is_closed_and_others_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(live, "PATIENCE_S", 0.5)
    for name in "ab":
        with Logger(tmp_path / name):
            pass
    out = tmp_path / "a" / "log.out"
    out.write_bytes(b"")
    async with served(tmp_path) as client, client.live() as other:
        runs = await client.runs()
        stalled = await anyio.connect_tcp("127.0.0.1", client.port)
        await stalled.send(
            (
                f"GET /api/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                f"Sec-WebSocket-Protocol: {', '.join(client.protocols)}\r\n\r\n"
            ).encode()
        )
        look = json.dumps({"type": "look", "log": {"run": runs["a"]["id"], "offset": 0}}).encode()
        await stalled.send(b"\x81" + bytes([0x80 | len(look)]) + bytes(4) + look)
        await other.look(log={"run": runs["b"]["id"], "offset": 0})
        with anyio.fail_after(WAIT_S), out.open("ab") as file:
            is_closed = False
            while not is_closed:
                file.write(b"x" * 500_000)
                file.flush()
                await anyio.sleep(0.02)
                try:
                    # A closed connection refuses to be written to, sooner or later.
                    await stalled.send(b"\x8a\x80" + bytes(4))
                except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                    is_closed = True
        (tmp_path / "b" / "log.out").write_text("still here")
        assert (await other.until(lambda message: message["type"] == "log"))["text"] == "still here"
        await stalled.aclose()


@pytest.mark.slow
async def test_a_root_that_goes_and_comes_back_is_looked_at_again(tmp_path, monkeypatch):
    monkeypatch.setattr(file_watch, "_RETRY_S", 0.05)
    root = tmp_path / "out"
    for name in ("one", "two"):
        with Logger(root / name) as logger:
            log_points(logger, range(3))
        if name == "one":
            server = served(root)
            client = await server.__aenter__()
        runs = await client.wait(lambda runs, name=name: set(runs) == {name})
        frame = await client.frame("/api/series", tag=await client.tag("loss"), runs=runs[name]["id"])
        assert frame.series[0].total == 3
        shutil.rmtree(root)
        await client.wait(lambda runs: not runs)
    await server.__aexit__(None, None, None)


@pytest.mark.slow
async def test_the_watcher_starts_again_after_it_failed(tmp_path, monkeypatch):
    from watchfiles import _rust_notify

    monkeypatch.setattr(file_watch, "_RETRY_S", 0.05)
    real, calls = _rust_notify.RustNotify, []

    def fail_once(*arguments, **settings):
        calls.append(arguments)
        if len(calls) == 1:
            raise OSError(28, "inotify watch limit reached")
        return real(*arguments, **settings)

    monkeypatch.setattr(_rust_notify, "RustNotify", fail_once)
    async with served(tmp_path):
        with anyio.fail_after(WAIT_S):
            while len(calls) < 2:  # noqa: ASYNC110 — the watcher is not ours to instrument
                await anyio.sleep(0.01)

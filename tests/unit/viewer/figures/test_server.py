"""Live figures: opened only after the click, in a process of their own, which ends (S7, S8)."""

from __future__ import annotations

import json
import os
import time
from contextlib import asynccontextmanager, suppress
from functools import partial
from io import BytesIO
from pathlib import Path

import aiohttp
import anyio
import pytest

from pyexp.log import Logger
from pyexp.viewer.figures import server as figures
from pyexp.viewer.figures.server import LIVE_LIMIT, Figures, check_message
from pyexp.viewer.http import app
from support.processes import children
from viewer_server import WAIT_S, served

pytest.importorskip("matplotlib", reason='live figures need the viewer extra: pip install "pyexp[viewer]"')
pytestmark = pytest.mark.anyio

START = [
    {"type": "supports_binary", "value": True},
    {"type": "set_device_pixel_ratio", "device_pixel_ratio": 1},
    {"type": "send_image_mode"},
    {"type": "refresh"},
]


class Trap:
    """What a hostile pickle does when it is opened."""

    def __init__(self, path, code):
        self.path, self.code = path, code

    def __reduce__(self):
        return exec, (self.code.format(path=str(self.path)),)


def make_figure(*, is_solid=False):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4, 3))
    if is_solid:
        axes = figure.add_subplot(projection="3d")
        axes.plot([0, 1, 2], [0, 1, 0], [0, 1, 2])
    else:
        axes = figure.add_subplot()
        axes.plot([0, 1, 2], [0, 1, 0])
    return figure


def log_figure(folder, figure, **settings):
    with Logger(folder) as logger:
        logger.add_figure("fig", figure, **settings)


def log_trap(folder, path, code):
    """A figure whose pickle runs *code* when it is opened."""
    figure = make_figure()
    figure.trap = Trap(path, code)
    log_figure(folder, figure)


@asynccontextmanager
async def opened(client):
    """The socket of the one figure, after the click."""
    run, tag = await client.run_ids(), await client.tag("fig", "figures")
    url = f"{client.base}/api/figure?run={run}&tag={tag}&index=0"
    async with client.session.ws_connect(url, protocols=client.protocols, max_msg_size=0) as socket:
        yield socket


async def until(socket, kind):
    """The next message of a kind; pictures are the kind "picture"."""
    with anyio.fail_after(60):
        while True:
            message = await socket.receive()
            if message.type is aiohttp.WSMsgType.BINARY:
                found = {"type": "picture", "data": message.data}
            elif message.type is aiohttp.WSMsgType.TEXT:
                found = json.loads(message.data)
                if found["type"] == "draw":
                    await socket.send_json({"type": "draw"})
            else:
                found = {"type": "closed", "code": message.data}
            if found["type"] == kind:
                return found
            assert found["type"] not in ("failed", "closed"), found


async def first_picture(socket):
    await until(socket, "ready")
    for message in START:
        await socket.send_json(message)
    return (await until(socket, "picture"))["data"]


def pixels(data):
    from PIL import Image

    with Image.open(BytesIO(data)) as picture:
        return picture.size, picture.convert("RGBA").tobytes()


async def until_ended(is_running):
    with anyio.fail_after(WAIT_S):
        while is_running():  # noqa: ASYNC110 — the end of a process that is not ours raises no event
            await anyio.sleep(0.02)


@pytest.mark.parametrize("is_solid", [False, True], ids=["flat", "solid"])
@pytest.mark.slow
async def test_a_click_makes_a_figure_live_and_the_mouse_changes_it(tmp_path, is_solid):
    log_figure(tmp_path / "a", make_figure(is_solid=is_solid))
    async with served(tmp_path) as client, opened(client) as socket:
        size, before = pixels(await first_picture(socket))
        assert size == (400, 300)
        assert len(set(before)) > 10
        if not is_solid:
            await socket.send_json({"type": "toolbar_button", "name": "pan"})
            assert (await until(socket, "navigate_mode"))["mode"] == "PAN"
        mouse = {"button": 0, "buttons": 1, "modifiers": [], "guiEvent": {}}
        await socket.send_json({"type": "button_press", "x": 200, "y": 150, **mouse})
        for step in range(5):
            await socket.send_json({"type": "motion_notify", "x": 200 + 10 * step, "y": 150, **mouse})
        await socket.send_json({"type": "button_release", "x": 250, "y": 150, **mouse, "buttons": 0})
        _, after = pixels((await until(socket, "picture"))["data"])
        assert after != before


@pytest.mark.slow
async def test_the_picture_and_the_list_come_without_opening_the_pickle(tmp_path):
    log_trap(tmp_path / "a", tmp_path / "opened", "open({path!r}, 'w')")
    async with served(tmp_path) as client:
        run, tag = await client.run_ids(), await client.tag("fig", "figures")
        (found,) = (await client.json("/api/entries", kind="figures", tag=tag, runs=run))["runs"]
        (entry,) = found["entries"]
        assert (entry["type"], entry["interactive"], entry["preview"]) == ("matplotlib", True, True)
        picture = await client.get("/api/picture", kind="figures", run=run, tag=tag, index=0)
        assert picture.data.startswith(b"\x89PNG")
        assert not (tmp_path / "opened").exists()


@pytest.mark.slow
async def test_s7_a_pickle_is_opened_by_the_click_alone_and_not_in_the_server(tmp_path):
    code = "import os; open({path!r}, 'w').write(str(os.getpid()))"
    log_trap(tmp_path / "a", tmp_path / "opened", code)
    with Logger(tmp_path / "a") as logger:
        logger.add_checkpoint("model", Trap(tmp_path / "opened", code))
    (tmp_path / "a" / "result.pkl").write_bytes(
        b"cos\nsystem\n(S'touch " + os.fsencode(tmp_path / "opened") + b"'\ntR."
    )
    async with served(tmp_path) as client, client.live() as page:
        run, tag = await client.run_ids(), await client.tag("fig", "figures")
        both = {"run": run, "runs": run, "tag": tag, "tags": tag, "index": 0, "kind": "figures", "keys": '["lr"]'}
        from pyexp.viewer.http.routes import ROUTES

        for path, (_, names) in ROUTES.items():
            query = {name: both[name] for name in names & both.keys()}
            async with client.session.get(client.base + path, params=query, headers=client.headers) as answer:
                assert answer.status in (200, 404), path
        await page.look(
            tags={"runs": [int(run)]}, entries=[{"kind": "figures", "tag": tag, "runs": [int(run)]}], catalog=0
        )
        await page.next()
        assert not (tmp_path / "opened").exists()
        async with opened(client) as socket:
            await until(socket, "ready")
        pid = int((tmp_path / "opened").read_text())
        assert pid != os.getpid()
        await until_ended(Path(f"/proc/{pid}").exists)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise RuntimeError('not today')", "RuntimeError: not today"),
        ("import os; os._exit(3)", "exit code 3"),
        ("import os; os.kill(os.getpid(), 11)", "SIGSEGV"),
        ("x = bytearray(10 << 30)", "MemoryError"),
        ("x = 1\nwhile True: x += 1", "took over"),
        ("import os; print('noise' * 9999); os.write(1, b'x' * 9999); raise ValueError('quiet')", "ValueError: quiet"),
    ],
    ids=["raise", "exit", "crash", "memory", "endless", "noise"],
)
@pytest.mark.slow
async def test_s8_a_figure_that_misbehaves_is_ended_and_the_viewer_goes_on(tmp_path, monkeypatch, code, words):
    monkeypatch.setattr(app, "Figures", partial(Figures, draw_s=2.0))
    log_trap(tmp_path / "a", tmp_path / "unused", code)
    others = children()
    async with served(tmp_path) as client:
        async with opened(client) as socket:
            message = await until(socket, "failed")
            assert words in message["error"]
            closed = await socket.receive()
            assert (closed.type, socket.close_code) == (aiohttp.WSMsgType.CLOSE, 4000)
        await until_ended(lambda: children() - others)
        assert (await client.json("/api/hello"))["token"] is True


@pytest.mark.slow
async def test_a_draw_that_never_ends_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(app, "Figures", partial(Figures, draw_s=2.0))
    code = "import matplotlib.figure as f\nf.Figure.draw = lambda self, renderer: __import__('time').sleep(600)"
    log_trap(tmp_path / "a", tmp_path / "unused", code)
    async with served(tmp_path) as client, opened(client) as socket:
        await until(socket, "ready")
        for message in START:
            await socket.send_json(message)
        started = time.monotonic()
        assert "took over 2 s" in (await until(socket, "failed"))["error"]
        assert time.monotonic() - started < 10


@pytest.mark.slow
async def test_a_viewer_that_ends_takes_its_figures_with_it(tmp_path):
    log_figure(tmp_path / "a", make_figure())
    others = children()
    with suppress(BaseExceptionGroup):
        async with served(tmp_path) as client, opened(client) as socket:
            await until(socket, "ready")
            assert children() - others
            raise RuntimeError("the end")
    assert not children() - others


@pytest.mark.slow
async def test_an_idle_figure_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(app, "Figures", partial(Figures, idle_s=0.3))
    log_figure(tmp_path / "a", make_figure())
    async with served(tmp_path) as client, opened(client) as socket:
        message = await until(socket, "closing")
        assert message["reason"] == "idle"


@pytest.mark.slow
async def test_only_so_many_are_live_at_once(tmp_path, monkeypatch):
    log_figure(tmp_path / "a", make_figure())
    monkeypatch.setattr(figures, "LIVE_LIMIT", 1)
    assert LIVE_LIMIT > 1
    others = children()
    async with served(tmp_path) as client:
        async with opened(client) as socket:
            await until(socket, "ready")
            async with opened(client) as second:
                assert "live already" in (await until(second, "failed"))["error"]
        await until_ended(lambda: children() - others)
        async with opened(client) as again:
            await until(again, "ready")


@pytest.mark.slow
async def test_a_figure_logged_as_a_picture_cannot_be_made_live(tmp_path):
    log_figure(tmp_path / "a", make_figure(), interactive=False)
    async with served(tmp_path) as client:
        run, tag = await client.run_ids(), await client.tag("fig", "figures")
        (found,) = (await client.json("/api/entries", kind="figures", tag=tag, runs=run))["runs"]
        assert found["entries"][0]["interactive"] is False
        await client.get("/api/figure", run=run, tag=tag, index=0, status=404)


async def test_a_plotly_figure_passes_as_it_was_logged(tmp_path):
    graph_objects = pytest.importorskip("plotly.graph_objects")
    figure = graph_objects.Figure(graph_objects.Scatter(x=[1, 2], y=[3, 4]), {"title": {"text": "<b>x</b>"}})
    log_figure(tmp_path / "a", figure)
    async with served(tmp_path) as client:
        run, tag = await client.run_ids(), await client.tag("fig", "figures")
        (found,) = (await client.json("/api/entries", kind="figures", tag=tag, runs=run))["runs"]
        assert (found["entries"][0]["type"], found["entries"][0]["interactive"]) == ("plotly", True)
        content = await client.json("/api/plotly", run=run, tag=tag, index=0)
        assert content["layout"]["title"]["text"] == "<b>x</b>"
        await client.get("/api/figure", run=run, tag=tag, index=0, status=404)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "event"},
        {"type": "__class__"},
        {"type": ["refresh"]},
        {"type": "toolbar_button", "name": "save_figure"},
        {"type": "toolbar_button", "name": "__init__"},
        {"type": "resize", "width": -1, "height": 10},
        {"type": "resize", "width": 1e9, "height": 10},
        {"type": "resize"},
        {"type": "set_device_pixel_ratio", "device_pixel_ratio": 100},
        {"type": "ack"},
        [],
        7,
    ],
)
def test_only_known_messages_reach_matplotlib(message):
    assert check_message(json.dumps(message)) is None


def test_a_message_is_cut_down_to_what_is_known():
    found = check_message('{"type": "key_press", "key": "%s", "x": 1, "y": NaN, "figure": 3}' % ("k" * 99))
    assert found == {"type": "key_press", "guiEvent": None, "x": 1, "name": None, "key": "k" * 40, "modifiers": []}

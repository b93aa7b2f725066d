"""Makes a logged matplotlib figure live for one page: a process of its own on one side, a websocket on the other.

Owns the limits of time and number, and the allow-list of messages; refuses to open the pickle (`figure_process` does).
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import anyio
from aiohttp import WSCloseCode, WSMsgType, web
from anyio.streams.buffered import BufferedByteReceiveStream

from pyexp.viewer.figures.process import BINARY, HEAD, JSON
from pyexp.viewer.live.websocket import PATIENCE_S, open_socket
from pyexp.viewer.protocol.encoding import to_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from anyio.abc import Process

    from pyexp.log import Part

    At = Callable[[int], Awaitable[Part | None]]

LIVE_LIMIT: Final = 4
DRAW_S: Final = 8.0
IMPORT_S: Final = 60.0
IDLE_S: Final = 600.0
_WATCH_S: Final = 0.25
_FAILED: Final = 4000
_FRAME_LIMIT: Final = 256 << 20
_TOOLS: Final = frozenset({"home", "back", "forward", "pan", "zoom", "download"})
_NUMBERS: Final = frozenset({"x", "y", "button", "buttons", "step", "width", "height", "device_pixel_ratio"})
_SIZE_LIMIT: Final = 8_000
_TYPES: Final = frozenset({
    "supports_binary", "set_device_pixel_ratio", "send_image_mode", "refresh", "draw", "ack", "resize", "button_press",
    "button_release", "motion_notify", "dblclick", "scroll", "figure_enter", "figure_leave", "key_press", "key_release",
    "toolbar_button",
})  # fmt: skip
_IGNORED: Final = frozenset({"ack", "supports_binary"})


class FigureError(Exception):
    """The figure cannot be live any longer; says why in one sentence."""


class Figures:
    """The live figures of one server."""

    def __init__(self, *, draw_s: float = DRAW_S, idle_s: float = IDLE_S) -> None:
        self._live = 0
        self._draw_s = draw_s
        self._idle_s = idle_s

    async def serve(self, request: web.Request, part: Part, at: At) -> web.StreamResponse:
        """Show the figure pickled in *part* until the page leaves, is idle, or the figure misbehaves.

        Args:
            request: Of the page, for a websocket.
            part: Where the pickle is.
            at: Where that of another step is, by its index; None where there is none.
        """
        socket = open_socket()
        await socket.prepare(request)
        if self._live >= LIVE_LIMIT:
            await _fail(socket, f"{LIVE_LIMIT} figures are live already: close one of them first.")
            return socket
        self._live += 1
        try:
            await self._bridge(socket, part, at)
        except* FigureError as errors:
            await _fail(socket, str(errors.exceptions[0]))
        except* (ConnectionError, RuntimeError, TimeoutError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            # The page went away in the middle of a message.
            if request.transport is not None:
                request.transport.abort()
        finally:
            self._live -= 1
        return socket

    async def _bridge(self, socket: web.WebSocketResponse, part: Part, at: At) -> None:
        process = await _start()
        try:
            session = _Session(process, socket, at, self._draw_s)
            async with anyio.create_task_group() as tasks:
                await session.send(_place(part))
                tasks.start_soon(session.forward)
                tasks.start_soon(session.watch)
                await session.take(self._idle_s)
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await _end(process)


class _Session:
    """One live figure: counts what the process was given and has not answered."""

    def __init__(self, process: Process, socket: web.WebSocketResponse, at: At, draw_s: float) -> None:
        self._process = process
        self._socket = socket
        self._at = at
        self._draw_s = draw_s
        self._unanswered = 0
        self._heard_at = time.monotonic()
        self._limit_s = IMPORT_S

    async def send(self, message: dict[str, Any]) -> None:
        """Hand *message* to the process."""
        if not self._unanswered:
            self._heard_at = time.monotonic()
        self._unanswered += 1
        data = json.dumps(message).encode()
        assert self._process.stdin is not None
        await self._process.stdin.send(HEAD.pack(JSON, len(data)) + data)

    async def take(self, idle_s: float) -> None:
        """Hand over what the page sends, until it leaves or is idle."""
        while True:
            with anyio.move_on_after(idle_s) as idle:
                received = await self._socket.receive()
                if received.type is WSMsgType.TEXT:
                    message = check_message(received.data)
                    if message is not None:
                        await self.send(message if message["type"] != "show" else await self._next(message["index"]))
                elif received.type is not WSMsgType.BINARY:
                    return
            if idle.cancelled_caught:
                await self._tell(to_json({"type": "closing", "reason": "idle"}))
                await self._socket.close()
                return

    async def _next(self, index: int) -> dict[str, Any]:
        part = await self._at(index)
        if part is None:
            raise FigureError("This step was logged without an interactive figure.")
        return _place(part)

    async def forward(self) -> None:
        """Hand the page what the process sends."""
        assert self._process.stdout is not None
        stream = BufferedByteReceiveStream(self._process.stdout)
        try:
            while True:
                kind, length = HEAD.unpack(await stream.receive_exactly(HEAD.size))
                if length > _FRAME_LIMIT:
                    raise FigureError("The figure sent more than a picture could be.")
                data = await stream.receive_exactly(length)
                self._heard_at = time.monotonic()
                if kind == BINARY:
                    await self._tell(data)
                else:
                    await self._take_message(data)
                self._heard_at = time.monotonic()
        except (anyio.IncompleteRead, anyio.EndOfStream):
            raise FigureError(await self._last_words()) from None

    async def watch(self) -> None:
        """End a process that keeps the page waiting."""
        while True:
            await anyio.sleep(_WATCH_S)
            if self._unanswered and time.monotonic() - self._heard_at > self._limit_s:
                raise FigureError(f"The figure was stopped: it took over {self._limit_s:g} s to draw.")

    async def _take_message(self, data: bytes) -> None:
        message = json.loads(data)
        if message["type"] == "done":
            self._unanswered -= message["count"]
        elif message["type"] == "loaded":
            # From here on the time is the figure's own.
            self._limit_s = self._draw_s
        elif message["type"] == "failed":
            raise FigureError(f"The figure cannot be opened: {message['error']}")
        else:
            await self._tell(to_json(message))

    async def _tell(self, data: str | bytes) -> None:
        with anyio.fail_after(PATIENCE_S):
            if isinstance(data, bytes):
                await self._socket.send_bytes(data)
            else:
                await self._socket.send_str(data)

    async def _last_words(self) -> str:
        with anyio.move_on_after(1):
            code = await self._process.wait()
            if code < 0:
                name = signal.Signals(-code).name
                hint = " (it may have used too much memory)" if name in {"SIGKILL", "SIGSEGV"} else ""
                return f"The figure's process was killed by {name}{hint}."
            return f"The figure's process ended with exit code {code}."
        return "The figure's process closed its output."


def check_message(text: str) -> dict[str, Any] | None:
    """Reduce a page's message to what matplotlib may receive; None for messages to drop.

    Only known types, tools and numbers pass: the rest of matplotlib's handlers are not the page's to call.
    One type is ours: ``show`` with the index of another step.
    """
    try:
        given = json.loads(text)
        kind = given["type"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if kind == "show":
        index = given.get("index")
        return {"type": "show", "index": index} if type(index) is int and index >= 0 else None
    if not isinstance(kind, str) or kind not in _TYPES or kind in _IGNORED:
        return None
    return _event(kind, given)


def _event(kind: str, given: dict[str, Any]) -> dict[str, Any] | None:
    """Return the message of a known *kind* with its allowed fields; None where a required one is missing."""
    message: dict[str, Any] = {"type": kind, "guiEvent": None}
    for name in _NUMBERS & given.keys():
        value = given[name]
        if isinstance(value, (int, float)) and math.isfinite(value) and abs(value) <= _SIZE_LIMIT:
            message[name] = value
    if kind == "resize" and not (message.get("width", 0) > 0 and message.get("height", 0) > 0):
        return None
    if kind == "set_device_pixel_ratio" and not 0 < message.get("device_pixel_ratio", 0) <= 8:  # noqa: PLR2004 — no screen has more
        return None
    if kind == "toolbar_button" and given.get("name") not in _TOOLS:
        return None
    message["name"] = given.get("name") if kind == "toolbar_button" else None
    message["key"] = str(given.get("key"))[:40]
    modifiers = given.get("modifiers")
    message["modifiers"] = [str(name)[:10] for name in modifiers][:5] if isinstance(modifiers, list) else []
    return message


def _place(part: Part) -> dict[str, Any]:
    """Return where a pickle lies, as it is sent to the process."""
    place = {"path": os.fspath(part.path), "offset": part.offset, "size": part.size, "crc32": part.crc32}
    return {"type": "place", **place}


async def _start() -> Process:
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "MPLBACKEND": "agg",
        # Its threads reserve address space, which counts against the limit.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    return await anyio.open_process(
        [sys.executable, "-P", "-m", "pyexp.viewer.figures.process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )


async def _end(process: Process) -> None:
    """Kill the process and what it started; a figure has nothing to save."""
    if sys.platform == "win32":
        with suppress(ProcessLookupError):
            process.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    await process.aclose()


async def _fail(socket: web.WebSocketResponse, reason: str) -> None:
    with suppress(ConnectionError, RuntimeError, TimeoutError), anyio.fail_after(PATIENCE_S):
        await socket.send_str(to_json({"type": "failed", "error": reason}))
        await socket.close(code=_FAILED if reason else WSCloseCode.OK)

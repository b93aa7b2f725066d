"""The websocket of a page: takes what it looks at, sends what is new. One sender per page, which awaits each send.

Owns the pace and the end of a page that takes nothing; refuses to know what the messages mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio
from aiohttp import WSMsgType, web

from pyexp.viewer.answers import to_json
from pyexp.viewer.hub import Page
from pyexp.viewer.look import LookError, parse_look
from pyexp.viewer.security import SUBPROTOCOL

if TYPE_CHECKING:
    from pyexp.viewer.hub import Hub
    from pyexp.viewer.updates import Updates

PACE_S: Final = 0.05
PATIENCE_S: Final = 10.0
HEARTBEAT_S: Final = 15.0
_MESSAGE_LIMIT: Final = 1 << 20
_GONE = (ConnectionError, RuntimeError)


def open_socket() -> web.WebSocketResponse:
    """A websocket as the viewer opens it: its own subprotocol, a limit on messages, no compression on loopback."""
    return web.WebSocketResponse(
        protocols=(SUBPROTOCOL,), heartbeat=HEARTBEAT_S, max_msg_size=_MESSAGE_LIMIT, compress=False, timeout=2.0
    )


async def serve_page(request: web.Request, hub: Hub, updates: Updates, hello: dict[str, object]) -> web.StreamResponse:
    """Keep one page up to date until it goes."""
    socket = open_socket()
    await socket.prepare(request)
    page = Page()
    hub.add(page)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_send_updates, request, socket, page, updates, to_json(hello))
            await _take_looks(socket, page)
            tasks.cancel_scope.cancel()
    finally:
        hub.remove(page)
    return socket


async def _take_looks(socket: web.WebSocketResponse, page: Page) -> None:
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            continue
        try:
            page.show(parse_look(message.data))
        except LookError as error:
            with anyio.move_on_after(PATIENCE_S):
                await socket.send_str(to_json({"type": "error", "seq": page.look.sequence, "error": str(error)}))


async def _send_updates(
    request: web.Request, socket: web.WebSocketResponse, page: Page, updates: Updates, hello: str
) -> None:
    try:
        await _send(socket, hello)
        while True:
            stale = await page.next()
            look = page.look
            async for message in updates.collect(look, stale):
                await _send(socket, message)
                if page.look is not look:
                    break
            # Whatever arrives meanwhile is merged into the next round.
            await anyio.sleep(PACE_S)
    except TimeoutError:
        # It takes nothing: a polite close would wait for it, too.
        if request.transport is not None:
            request.transport.abort()
    except _GONE:
        return


async def _send(socket: web.WebSocketResponse, message: str | bytes) -> None:
    with anyio.fail_after(PATIENCE_S):
        if isinstance(message, bytes):
            await socket.send_bytes(message)
        else:
            await socket.send_str(message)

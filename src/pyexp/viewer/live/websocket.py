"""The websocket of a page: takes what it looks at, sends what is new. One sender per page, which awaits each send.

Owns the pace and the end of a page that takes nothing; does not know what the messages mean.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Final

import anyio
from aiohttp import WSMsgType, web

from pyexp.viewer.live.hub import Page
from pyexp.viewer.protocol.encoding import to_json
from pyexp.viewer.protocol.subscription import SUBPROTOCOL, LookError, parse_look

if TYPE_CHECKING:
    from pyexp.viewer.live.hub import Hub
    from pyexp.viewer.live.updates import Updates

PACE_S: Final = 0.05
PATIENCE_S: Final = 10.0
HEARTBEAT_S: Final = 15.0
_MESSAGE_LIMIT: Final = 1 << 20
_GONE = (ConnectionError, RuntimeError)


def open_socket() -> web.WebSocketResponse:
    """Open a websocket with the viewer's subprotocol, a limit on messages, and no compression on loopback."""
    return web.WebSocketResponse(
        protocols=(SUBPROTOCOL,), heartbeat=HEARTBEAT_S, max_msg_size=_MESSAGE_LIMIT, compress=False, timeout=2.0
    )


async def serve_page(request: web.Request, hub: Hub, updates: Updates, hello: dict[str, object]) -> web.StreamResponse:
    """Keep one page up to date until it closes."""
    socket = open_socket()
    await socket.prepare(request)
    page = Page(cut_off=partial(_cut_off, request))
    hub.add(page)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_send_updates, socket, page, updates, to_json(hello))
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
            await socket.send_str(to_json({"type": "error", "seq": page.look.sequence, "error": str(error)}))


def _cut_off(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def end_stalled(hub: Hub) -> None:
    """Cut off pages that have taken nothing for `PATIENCE_S`, until cancelled; a polite close would wait for them, too.

    One watch over all pages instead of a time-out around each send: sending is what a crowded server does most.
    """
    while True:
        await anyio.sleep(PATIENCE_S / 4)
        latest = time.monotonic() - PATIENCE_S
        for page in hub.pages():
            if page.sending_since is not None and page.sending_since < latest:
                page.cut_off()


async def _send_updates(socket: web.WebSocketResponse, page: Page, updates: Updates, hello: str) -> None:
    try:
        await _send(socket, page, hello)
        while True:
            stale = await page.next()
            started = time.monotonic()
            look = page.look
            async for message in updates.collect(look, stale):
                await _send(socket, page, message)
                # Whatever arrives meanwhile is merged into the next round; an idle page is updated at once.
                page.rest_until = started + PACE_S
                if page.look is not look:
                    break
    except _GONE:
        return


async def _send(socket: web.WebSocketResponse, page: Page, message: str | bytes) -> None:
    page.sending_since = time.monotonic()
    if isinstance(message, bytes):
        await socket.send_bytes(message)
    else:
        await socket.send_str(message)
    page.sending_since = None

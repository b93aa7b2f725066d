"""How many connections the server holds, and for how long it waits for one that asks nothing.

Owns the limits on descriptors and connections; does not know what is asked for.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import anyio

if TYPE_CHECKING:
    from aiohttp import web

HALF_REQUEST_S: Final = 10.0
# Descriptors for logs, watches and threads, in addition to the connections.
_RESERVED: Final = 160
_UNLIMITED: Final = 65_536
_BUSY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 5\r\nConnection: close\r\n\r\n"
    b'{"error":"The viewer has too many connections: close some of its pages.","status":503}'
)

_log = logging.getLogger("pyexp.viewer.http")


def raise_descriptor_limit() -> int:
    """Let this process open as many files as the system allows; returns how many connections leave room for files."""
    if sys.platform == "win32":  # has no such limit
        return _UNLIMITED
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _UNLIMITED if hard == resource.RLIM_INFINITY else min(hard, _UNLIMITED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        except (ValueError, OSError):
            pass
    held = _UNLIMITED if soft == resource.RLIM_INFINITY else soft
    return max(8, held - _RESERVED)


class Connections:
    """Makes the protocol of each new connection: the server's, or beyond *limit* one that says so and closes."""

    def __init__(self, server: web.Server, limit: int) -> None:
        self._server = server
        self._limit = limit
        self._has_said = False
        self._idle: dict[Any, float] = {}

    def __call__(self) -> asyncio.Protocol:
        """Return the protocol of one more connection."""
        if len(self._server.connections) < self._limit:
            return self._server()
        if not self._has_said:
            self._has_said = True
            _log.warning("pyexp: the viewer holds %d connections, as many as it may; more are refused", self._limit)
        return _Refused()

    async def end_half_requests(self) -> None:
        """Cut off connections on which no whole request came for `HALF_REQUEST_S`, until cancelled."""
        while True:
            await anyio.sleep(HALF_REQUEST_S / 4)
            now = time.monotonic()
            waiting = [held for held in self._server.connections if held._current_request is None]  # noqa: SLF001 — it has no name for it
            self._idle = {held: self._idle.get(held, now) for held in waiting}
            for held, since in self._idle.items():
                if now - since >= HALF_REQUEST_S:
                    held.force_close()


class _Refused(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say why and close."""
        if isinstance(transport, asyncio.Transport):
            transport.write(_BUSY)
            transport.close()

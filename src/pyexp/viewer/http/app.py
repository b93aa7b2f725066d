"""Puts the viewer's server together and runs it: guard, page, data, websockets, and the tail behind them."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import secrets
import socket
from functools import partial
from importlib import metadata
from typing import TYPE_CHECKING, Final

import anyio
from aiohttp import web
from aiohttp.http import HttpProcessingError

from pyexp.errors import ViewerError
from pyexp.viewer.data import objects
from pyexp.viewer.data.library import Library
from pyexp.viewer.data.scalars import POINTS
from pyexp.viewer.data.tags import TAG_LIMIT
from pyexp.viewer.figures.server import Figures
from pyexp.viewer.http.assets import Asset, load_asset
from pyexp.viewer.http.connections import Connections, raise_descriptor_limit
from pyexp.viewer.http.query import RUN_LIMIT, Query
from pyexp.viewer.http.responses import json_response, refusal
from pyexp.viewer.http.routes import add_routes
from pyexp.viewer.http.security import Guard, add_headers, guard_middleware, is_loopback, own_names
from pyexp.viewer.http.tickets import Tickets
from pyexp.viewer.live.file_watch import Tail
from pyexp.viewer.live.hub import Hub
from pyexp.viewer.live.updates import Updates
from pyexp.viewer.live.websocket import end_stalled, serve_page
from pyexp.viewer.protocol.errors import AnswerError, UnknownIdError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pyexp.log import Part
    from pyexp.viewer.settings import ViewerSettings

_PORT_TRIES: Final = 100
# Twenty thousand ids of sixteen digits in one address, each with its comma.
_LINE_LIMIT: Final = 400_000
_CLOSE_S: Final = 0.5
_FIGURE: Final = frozenset({"run", "tag", "index"})


def build_app(library: Library, hub: Hub, guard: Guard, figures: Figures | None = None) -> web.Application:
    """Return the application that serves *library* behind *guard*."""
    app = web.Application(middlewares=[guard_middleware(guard)])
    app.on_response_prepare.append(add_headers(guard))
    epoch = secrets.token_hex(8)
    updates = Updates(library, hub, epoch)
    live_figures = figures or Figures()
    tickets = Tickets()

    def hello() -> dict[str, object]:
        return {"epoch": epoch, "rev": library.catalog.revision, "version": _version()}

    async def get_hello(_request: web.Request) -> web.StreamResponse:
        limits = {"runs": RUN_LIMIT, "tags": TAG_LIMIT, "points": POINTS}
        facts = {"root": library.catalog.label, "token": guard.token is not None, "limits": limits}
        return json_response(hello() | facts)

    async def get_ticket(_request: web.Request) -> web.StreamResponse:
        return json_response({"ticket": tickets.issue()})

    async def get_token(request: web.Request) -> web.StreamResponse:
        scheme, _, ticket = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "ticket" or not tickets.redeem(ticket):
            return refusal(401, "This ticket was used already, or it is too old: run the cell again.")
        return json_response({"token": guard.token})

    async def get_live(request: web.Request) -> web.StreamResponse:
        return await serve_page(request, hub, updates, {"type": "hello", **hello()})

    async def get_figure(request: web.Request) -> web.StreamResponse:
        try:
            query = Query(request, library, _FIGURE)
            part = await library.read(_pickled_part, library, query)
        except AnswerError as error:
            return refusal(error.status, error.reason)
        return await live_figures.serve(request, part, partial(library.read, _part_at, library, query))

    app.router.add_get("/", partial(_get_asset, "index.html"))
    app.router.add_get("/favicon.ico", partial(_get_asset, "favicon.svg"))
    app.router.add_get("/static/{path:.*}", _get_static)
    app.router.add_get("/ticket", get_token)
    app.router.add_get("/api/ticket", get_ticket)
    app.router.add_get("/api/hello", get_hello)
    app.router.add_get("/api/live", get_live)
    app.router.add_get("/api/figure", get_figure)
    add_routes(app, library)
    return app


async def serve(
    settings: ViewerSettings,
    announce: Callable[[str], None],
    until: Callable[[], Awaitable[object]] = anyio.sleep_forever,
) -> None:
    """Serve until *until* returns, or until cancelled; nothing is left running or open then.

    Args:
        settings: What to show, and where to listen.
        announce: Called with the URL once it can be opened.
        until: Waits for the end.

    Raises:
        SettingsError: No token, though other machines reach the address.
        ViewerError: The port is taken, or the address is not ours.
    """
    names = frozenset() if is_loopback(settings.host) else await anyio.to_thread.run_sync(own_names)
    guard = Guard(host=settings.host, names=names, token=settings.token, allowed=settings.allowed)
    listener = _listen(settings)
    library, hub = Library(*settings.folders), Hub()
    runner = web.AppRunner(
        build_app(library, hub, guard),
        access_log=None,
        logger=_server_log(),
        max_line_size=_LINE_LIMIT,
        shutdown_timeout=_CLOSE_S,
    )
    most = raise_descriptor_limit()
    site: asyncio.Server | None = None
    try:
        await runner.setup()
        assert runner.server is not None
        tail = Tail(library, hub)
        async with anyio.create_task_group() as tasks:
            # The page can be fetched while the first scan runs; its data waits for nothing else.
            gate = Connections(runner.server, most)
            site = await asyncio.get_running_loop().create_server(gate, sock=listener, backlog=1024)
            tasks.start_soon(gate.end_half_requests)
            await tail.scan()
            tasks.start_soon(tail.run)
            tasks.start_soon(end_stalled, hub)
            # Walking through all loaded modules again and again would stop the pages for up to 50 ms each time.
            gc.freeze()
            announce(settings.url(listener.getsockname()[1]))
            await until()
            tasks.cancel_scope.cancel()
    finally:
        gc.unfreeze()
        if site is not None:
            site.close()
        with anyio.CancelScope(shield=True):
            await runner.cleanup()
            library.close()
        listener.close()


def _server_log() -> logging.Logger:
    """Return the logger for the server's own faults, without malformed requests and vanished pages."""
    log = logging.getLogger("pyexp.viewer.http")
    log.addFilter(_is_own_fault)
    return log


def _is_own_fault(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (HttpProcessingError, ConnectionError, TimeoutError))


def _listen(settings: ViewerSettings) -> socket.socket:
    """Bind the port, or the next free one; no other process can take it between the choice and the use."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    tries = 1 if settings.is_port_fixed or settings.port == 0 else _PORT_TRIES
    for port in range(settings.port, min(settings.port + tries, 65_536)):
        try:
            return socket.create_server((settings.host, port), family=family, backlog=1024)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise ViewerError(f"the viewer cannot listen on {settings.host!r}: {error.strerror}") from error
            if tries == 1:
                raise ViewerError(
                    f"the viewer cannot listen on port {port}: {(error.strerror or str(error)).lower()}; "
                    "choose another one with --port, or end what uses it"
                ) from error
    raise ViewerError(
        f"the ports from {settings.port} to {settings.port + tries - 1} are all taken: "
        "choose another one with --viewer-port"
    )


def _part_at(library: Library, query: Query, index: int) -> Part | None:
    """Find the pickle of the figure at another *index* of the run and tag of *query*."""
    try:
        return _pickled_part(library, query, index)
    except AnswerError:
        return None


def _pickled_part(library: Library, query: Query, index: int | None = None) -> Part:
    run = query.run()
    index = query.optional_integer("index") if index is None else index
    entry = objects.pick(library.log(run), "figures", query.id("tag"), -1 if index is None else index)
    part = entry.part(objects.PICKLE)
    if part is None or not entry.interactive:
        raise UnknownIdError
    return part


def _version() -> str:
    try:
        return metadata.version("pyexp")
    except metadata.PackageNotFoundError:  # run from a source tree that is not installed
        return "0"


async def _get_static(request: web.Request) -> web.StreamResponse:
    return await _get_asset(request.match_info["path"], request)


async def _get_asset(path: str, request: web.Request) -> web.StreamResponse:
    asset: Asset | None = await anyio.to_thread.run_sync(load_asset, path)
    if asset is None:
        return refusal(404)
    headers = {"ETag": f'"{asset.etag}"', "Cache-Control": "no-cache"}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return web.Response(status=304, headers=headers)
    response = web.Response(body=asset.data, content_type=asset.media_type, headers=headers)
    if asset.media_type.startswith("text/"):
        response.charset = "utf-8"
    return response

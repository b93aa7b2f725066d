"""The viewer as a program: arguments in, lines with the address out, Ctrl-C ends it."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio

from pyexp._optional import import_extra
from pyexp.errors import PyexpError
from pyexp.viewer.allowed import Allowed
from pyexp.viewer.launch.kept_token import kept_token
from pyexp.viewer.settings import DEFAULT_PORT, ViewerSettings, checked_roots

if TYPE_CHECKING:
    from collections.abc import Sequence

_USAGE_EXIT = 2


def run_viewer(
    *folders: str | os.PathLike[str],
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    token: bool = True,
    allowed: Allowed | None = None,
) -> None:
    """Serve the runs below *folders*, each a path or ``name=path``, until Ctrl-C or SIGTERM."""
    import_extra("aiohttp", "viewer", "the viewer")
    import_extra("watchfiles", "viewer", "the viewer")
    from pyexp.viewer.http.app import serve

    roots = checked_roots([os.fspath(folder) for folder in folders])
    settings = ViewerSettings(
        root=roots[0].path,
        roots=roots,
        host=host,
        port=port,
        token=kept_token(os.pathsep.join(str(root.path) for root in roots), host) if token else None,
        allowed=allowed or Allowed(),
    )
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        anyio.run(serve, settings, partial(_announce, settings), _wait_for_signal)
    else:
        _run_in_a_process(settings)


def _run_in_a_process(settings: ViewerSettings) -> None:
    """Serve from a process of its own, where this thread's loop is taken: in a notebook's cell."""
    from pyexp.viewer.launch.background import start_process

    viewer = start_process(replace(settings, is_port_fixed=False))
    _announce(settings, viewer.url)
    try:
        viewer.wait()
    except KeyboardInterrupt:
        pass  # the stop button: it is how a cell that serves ends
    finally:
        viewer.stop()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the viewer as the command line *arguments* say; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m pyexp.viewer", description="Look at runs in a browser, live.")
    dirs = "output folders, experiments, batches, runs, or any folders with logs below them; name=DIR names one"
    parser.add_argument("dir", nargs="+", help=dirs)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"port to listen on (default: {DEFAULT_PORT})")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--no-token", action="store_true", help="ask for no token; on a loopback address only")
    parser.add_argument("--base-url", metavar="URL", help="where a proxy answers for it, as https://host/prefix/")
    parser.add_argument("--allow-host", metavar="NAME", action="append", default=[], help="a further name of its host")
    parser.add_argument(
        "--allow-frame", metavar="ORIGIN", action="append", default=[], help="a site whose pages may frame it"
    )
    given = parser.parse_args(arguments)
    try:
        hosts = tuple(name.lower() for name in given.allow_host)
        allowed = Allowed(base_url=given.base_url, hosts=hosts, frames=tuple(given.allow_frame))
        run_viewer(*given.dir, host=given.host, port=given.port, token=not given.no_token, allowed=allowed)
    except (PyexpError, NotADirectoryError) as error:
        print(f"pyexp: {error}", file=sys.stderr)  # noqa: T201 — this is the program
        return _USAGE_EXIT
    except KeyboardInterrupt:
        return 130
    return 0


def _announce(settings: ViewerSettings, url: str) -> None:
    paths = [root.path for root in settings.folders]
    lines = [f"Viewing {', '.join(map(str, paths))}", url]
    lines += [f"Waiting for {path}, which does not exist yet" for path in paths if not path.exists()]
    if settings.is_anywhere:
        port = urlsplit(url).port
        assert port is not None
        lines.append(f"{settings.url(port, socket.gethostname())}  (from other machines)")
    print(*lines, sep="\n", flush=True)  # noqa: T201 — the lines that a person needs


async def _wait_for_signal() -> None:
    names = (signal.SIGINT, signal.SIGTERM)
    try:
        with anyio.open_signal_receiver(*names) as received:
            async for _ in received:
                return
    except (NotImplementedError, ValueError, RuntimeError):
        # Windows' loop, or a thread other than the main one: Ctrl-C ends it as a KeyboardInterrupt, if at all.
        await anyio.sleep_forever()

"""Has the viewer's server imported, and forks one for each line of JSON that it is given; a test does not wait for imports.

Lines in: ``{"root": …, "port": …, "token": …}`` starts a server, ``{"stop": pid}`` kills it. Lines out: the process id and the
address of what started, and ``stopped``.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import anyio

from pyexp.viewer.http.app import serve
from pyexp.viewer.settings import ViewerSettings, checked_root


def answer(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def serve_root(root: str, port: int, token: str) -> None:
    os.close(0)
    settings = ViewerSettings(root=checked_root(Path(root)), port=port, token=token)
    anyio.run(serve, settings, lambda url: answer(f"{os.getpid()} {url}"))


def obey(order: dict[str, Any], running: set[int]) -> None:
    if "stop" in order:
        os.kill(order["stop"], signal.SIGKILL)
        os.waitpid(order["stop"], 0)
        running.discard(order["stop"])
        answer("stopped")
        return
    child = os.fork()
    if child == 0:
        try:
            serve_root(**order)
        finally:
            os._exit(1)
    running.add(child)


def main() -> None:
    gc.freeze()
    running: set[int] = set()
    for line in sys.stdin:
        obey(json.loads(line), running)
    for child in running:
        os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    main()

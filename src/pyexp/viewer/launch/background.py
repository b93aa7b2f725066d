"""The viewer as a process next to running experiments: prints nothing, and ends with the process that started it.

Its standard input is its lifeline: the first line holds the settings, and the viewer exits when it ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import weakref
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from typing import IO, TYPE_CHECKING, Any, Final

import anyio

from pyexp._optional import import_extra
from pyexp.errors import MissingExtraError, PyexpError, ViewerError
from pyexp.viewer.launch.kept_token import kept_token
from pyexp.viewer.settings import DEFAULT_PORT, ViewerSettings, checked_root, parse_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_START_S: Final = 30.0
_STOP_S: Final = 5.0
_PARENT_CHECK_S: Final = 0.5


class Viewer:
    """A viewer that runs in a process of its own.

    Attributes:
        url: The address to open in a browser, token included.
        pid: The process.
    """

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.url = url
        self.pid = process.pid
        self._process = process
        self._finish = weakref.finalize(self, _end, process)

    @property
    def is_running(self) -> bool:
        """Whether it still serves."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Stop the viewer and wait until it is gone; blocks for a moment. Does nothing the second time."""
        self._finish()

    def wait(self) -> None:
        """Block until the viewer exits, or until Ctrl-C, which leaves it running."""
        self._process.wait()

    def __repr__(self) -> str:
        # The token stays out of logs and notebooks' outputs.
        return f"<Viewer {self.url.partition('#')[0]} {'running' if self.is_running else 'stopped'}>"


def start_viewer(dir: Path | str, host: str = "127.0.0.1", port: int = DEFAULT_PORT) -> Viewer:  # noqa: A002 — as in `run`
    """Start a viewer for the runs below *dir* and wait until it can be opened; blocks for about a second.

    Args:
        dir: The folder to look at; it is created if missing.
        host: Address to listen on.
        port: Port to listen on; the next free one if it is taken.

    Raises:
        MissingExtraError: The extra ``viewer`` is not installed.
        ViewerError: It could not be started; says why.
    """
    for module in ("aiohttp", "watchfiles"):
        import_extra(module, "viewer", "the viewer")
    os.makedirs(dir, exist_ok=True)
    root = checked_root(dir)
    return start_process(
        ViewerSettings(root=root, host=host, port=port, is_port_fixed=False, token=kept_token(root, host))
    )


def start_process(settings: ViewerSettings) -> Viewer:
    """Start a viewer with these settings and wait until it can be opened.

    Raises:
        ViewerError: It could not be started; says why.
    """
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "pyexp.viewer.launch.background"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        # Ctrl-C in the terminal is for the experiment; it says when the viewer ends.
        start_new_session=True,
    )
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(asdict(settings), default=str).encode() + b"\n")
        process.stdin.flush()
        answer = json.loads(_read_line(process) or b"{}")
    except (OSError, ValueError):
        answer = {}
    if "url" not in answer:
        _end(process)
        raise ViewerError(answer.get("error") or f"the viewer did not start within {_START_S:g} s or ended at once")
    return Viewer(process, answer["url"])


def main() -> None:
    """Serve with the settings in the first line of standard input, until that input ends."""
    try:
        given = json.loads(sys.stdin.buffer.readline())
    except ValueError:
        return
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        from pyexp.viewer.http.app import serve

        settings = parse_settings(given)
        anyio.run(serve, settings, partial(_answer, answers, "url"), partial(_wait_for_parent, os.getppid()))
    except (PyexpError, MissingExtraError) as error:
        _answer(answers, "error", str(error))


def _answer(answers: IO[str], name: str, text: str) -> None:
    answers.write(json.dumps({name: text}) + "\n")
    answers.close()


async def _wait_for_parent(parent: int) -> None:
    """Wait until the lifeline or the parent ends: a forked run may keep the lifeline's other end open."""
    ended = asyncio.Event()
    tell = partial(asyncio.get_running_loop().call_soon_threadsafe, ended.set)
    threading.Thread(target=_read_lifeline, args=(tell,), daemon=True).start()
    while not ended.is_set() and os.getppid() == parent:
        with anyio.move_on_after(_PARENT_CHECK_S):
            await ended.wait()


def _read_lifeline(then: Callable[[], Any]) -> None:
    """Call *then* when the input ends, or receives anything: it has only one meaning."""
    os.read(0, 4096)
    with suppress(RuntimeError):  # the loop ended by itself meanwhile
        then()


def _read_line(process: subprocess.Popen[bytes]) -> bytes:
    """Read the first line of the process's output; empty when it ends, or takes too long."""
    stdout = process.stdout
    assert stdout is not None
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(stdout.readline()), daemon=True)
    reader.start()
    reader.join(_START_S)
    return found[0] if found else b""


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        # Saying so helps where a forked run keeps the lifeline open.
        with suppress(OSError, ValueError):
            process.stdin.write(b"stop\n")
            process.stdin.close()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


if __name__ == "__main__":
    main()

"""The whole life of the process in which one logged figure is opened and drawn.

A pickle is code: it runs here, under limits, in a process that nobody else depends on and that ends with its parent.
Started by `figures` as ``python -m pyexp.viewer.figures.process``; talks in frames over its standard input and output.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import pickle
import queue
import signal
import struct
import sys
import threading
from pathlib import Path
from typing import IO, Any, Final

MEMORY_BYTES: Final = 4 << 30
HEAD: Final = struct.Struct("<cI")
JSON: Final = b"J"
BINARY: Final = b"B"
_FILE_BYTES: Final = 64 << 20
_DEATH_SIGNAL: Final = 1
_MERGED: Final = frozenset({"motion_notify", "draw", "refresh", "resize", "scroll"})


def main() -> None:
    """Read which figure it is, open it, and serve it until the input ends."""
    _set_limits()
    source = os.fdopen(os.dup(0), "rb")
    link = _Link(os.fdopen(os.dup(1), "wb"))
    # What the pickled code prints must not end up between the frames.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    messages: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(source, messages), daemon=True).start()
    place = messages.get()
    try:
        import matplotlib as mpl

        mpl.use("agg")
        from matplotlib.backends import backend_webagg_core

        link.send_json({"type": "loaded"})
        manager = _open_figure(place, backend_webagg_core)
        manager.add_web_socket(link)
        link.send_json({"type": "ready"})
        link.send_json({"type": "done", "count": 1})
        _serve(manager, messages, link)
    except (
        Exception
    ) as error:  # the pickle and the figure are somebody's code: whatever they raise is told, and the end
        link.send_json({"type": "failed", "error": _sentence(error)})


class _Link:
    """What matplotlib takes for a websocket."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def send_json(self, content: dict[str, Any]) -> None:
        self._send(JSON, json.dumps(content, default=str).encode())

    def send_binary(self, data: bytes) -> None:
        self._send(BINARY, data)

    def _send(self, kind: bytes, data: bytes) -> None:
        self._stream.write(HEAD.pack(kind, len(data)) + data)
        self._stream.flush()


def _open_figure(place: dict[str, Any], backend: Any) -> Any:
    from pyexp.log import read_bytes

    figure = pickle.loads(read_bytes(Path(place["path"]), place["offset"], place["size"], place["crc32"]))

    class Manager(backend.FigureManagerWebAgg):  # type: ignore[misc]
        # Without it the figure would have neither pan nor zoom.
        _toolbar2_class = backend.NavigationToolbar2WebAgg

    return Manager(backend.FigureCanvasWebAggCore(figure), 0)


def _serve(manager: Any, messages: queue.SimpleQueue[dict[str, Any]], link: _Link) -> None:
    while True:
        waiting = [messages.get()]
        with contextlib.suppress(queue.Empty):
            while True:
                waiting.append(messages.get_nowait())
        for index, message in enumerate(waiting):
            following = waiting[index + 1]["type"] if index + 1 < len(waiting) else None
            # The mouse moves faster than a figure is drawn: of several such in a row the last one counts.
            if message["type"] in _MERGED and message["type"] == following and message["type"] != "scroll":
                continue
            try:
                manager.handle_json(message)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                link.send_json({"type": "message", "message": _sentence(error)})
        link.send_json({"type": "done", "count": len(waiting)})


def _receive(source: IO[bytes], messages: queue.SimpleQueue[dict[str, Any]]) -> None:
    """Read frames until the input ends; then nobody looks any more, and the process ends in the middle of anything."""
    with contextlib.suppress(OSError, ValueError):
        while len(head := source.read(HEAD.size)) == HEAD.size:
            _, length = HEAD.unpack(head)
            messages.put(json.loads(source.read(length)))
    os._exit(0)


def _set_limits() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
    if sys.platform != "win32":
        import resource

        for limit, value in (
            (resource.RLIMIT_AS, MEMORY_BYTES),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, _FILE_BYTES),
        ):
            hard = resource.getrlimit(limit)[1]
            bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
            with contextlib.suppress(ValueError, OSError):  # not every system has each of them
                resource.setrlimit(limit, (bound, bound))


def _sentence(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # an exception class of the pickle may fail to say anything
        text = ""
    return f"{type(error).__name__}: {text}"[:300]


if __name__ == "__main__":
    main()

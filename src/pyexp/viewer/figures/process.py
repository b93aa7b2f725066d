"""The whole life of the process in which one logged figure is opened and drawn.

A pickle is code: it runs here, under limits, in a process of its own that ends with its parent.
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
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

MEMORY_BYTES: Final = 4 << 30
HEAD: Final = struct.Struct("<cI")
JSON: Final = b"J"
BINARY: Final = b"B"
# A figure for print would be a page of many screens.
MOST_DPI: Final = 150
_FILE_BYTES: Final = 64 << 20
_DEATH_SIGNAL: Final = 1
_MERGED: Final = frozenset({"motion_notify", "draw", "refresh", "resize", "scroll", "place"})
_LIMITS: Final = ("xlim", "ylim", "zlim")
_ANGLES: Final = ("elev", "azim", "roll")


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
        shown = _Shown(_open_figure(place, backend_webagg_core), link)
        link.send_json({"type": "ready"})
        link.send_json({"type": "done", "count": 1})
        _serve(shown, messages, partial(_open_figure, backend=backend_webagg_core))
    except Exception as error:  # a pickle and a figure run code of the user, which may raise anything
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
    figure.set_dpi(min(figure.get_dpi(), MOST_DPI))

    class Manager(backend.FigureManagerWebAgg):  # type: ignore[misc]
        # Without it the figure would have neither pan nor zoom.
        _toolbar2_class = backend.NavigationToolbar2WebAgg

    return Manager(backend.FigureCanvasWebAggCore(figure), 0)


class _Shown:
    """The figure that the page sees; the next one takes its place as the user has turned and zoomed this one."""

    def __init__(self, manager: Any, link: _Link) -> None:
        self.manager = manager
        self.link = link
        self._begin = views_of(manager.canvas.figure)
        manager.add_web_socket(link)

    def next(self, manager: Any) -> _Shown:
        old, figure = self.manager, manager.canvas.figure
        for axes, view, begin in zip(figure.axes, views_of(old.canvas.figure), self._begin, strict=False):
            set_view(axes, {name: value for name, value in view.items() if value != begin[name]})
        manager.handle_json({"type": "set_device_pixel_ratio", "device_pixel_ratio": old.canvas.device_pixel_ratio})
        old.remove_web_socket(self.link)
        following = _Shown(manager, self.link)
        following._begin = self._begin  # what was turned once is kept from step to step
        if old.toolbar.mode:  # pan or zoom
            manager.handle_json({"type": "toolbar_button", "name": old.toolbar.mode.name.lower()})
        return following


def views_of(figure: Any) -> list[dict[str, Any]]:
    """Return the view of each of the figure's axes: its limits and, in 3D, its camera."""
    names = (*_LIMITS, *_ANGLES)
    return [{name: _view_of(axes, name) for name in names if _view_of(axes, name) is not None} for axes in figure.axes]


def _view_of(axes: Any, name: str) -> Any:
    get = getattr(axes, f"get_{name}", None)
    return tuple(map(float, get())) if name in _LIMITS and get else getattr(axes, name, None)


def set_view(axes: Any, view: dict[str, Any]) -> None:
    """Apply *view* to *axes*, as far as they have such a view."""
    for name in _LIMITS:
        if name in view and hasattr(axes, f"set_{name}"):
            getattr(axes, f"set_{name}")(view[name])
    if hasattr(axes, "view_init") and any(name in view for name in _ANGLES):
        axes.view_init(*(view.get(name, getattr(axes, name, 0)) for name in _ANGLES))


def _serve(
    shown: _Shown, messages: queue.SimpleQueue[dict[str, Any]], open_figure: Callable[[dict[str, Any]], Any]
) -> None:
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
                if message["type"] == "place":
                    shown = shown.next(open_figure(message))
                else:
                    shown.manager.handle_json(message)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                shown.link.send_json({"type": "message", "message": _sentence(error)})
        shown.link.send_json({"type": "done", "count": len(waiting)})


def _receive(source: IO[bytes], messages: queue.SimpleQueue[dict[str, Any]]) -> None:
    """Read frames until the input ends; no page looks then, and the process exits at once."""
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

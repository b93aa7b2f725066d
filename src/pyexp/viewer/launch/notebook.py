"""The viewer in a notebook's cell: a frame that enters with a ticket, so that the saved notebook holds no token.

Owns the cell's output; does not know how the viewer's process works.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import time
from contextlib import closing
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pyexp._optional import import_extra
from pyexp.errors import ViewerError
from pyexp.viewer.allowed import Allowed
from pyexp.viewer.launch.background import Viewer, start_process
from pyexp.viewer.launch.kept_token import kept_token
from pyexp.viewer.settings import DEFAULT_PORT, Root, ViewerSettings, checked_root

if TYPE_CHECKING:
    from collections.abc import Iterator

_ANSWER_S: Final = 10.0
_TICKET_MS: Final = 60_000
# The frame is made while its ticket is good, where the browser is on this machine; else the sentence stays.
_SCRIPT: Final = """
(() => {
  const place = document.getElementById(%(id)s);
  if (!place || Date.now() > %(until)d) return;
  if (!["localhost", "127.0.0.1", "[::1]"].includes(location.hostname)) {
    place.textContent = %(elsewhere)s;
    return;
  }
  const frame = document.createElement("iframe");
  frame.src = %(url)s;
  frame.title = "pyexp viewer";
  frame.style.cssText = "width: 100%%; height: %(height)dpx; border: 0";
  place.replaceChildren(frame);
})();
"""
_AGAIN: Final = "Run the cell again to see the viewer."

_viewers: dict[Path, Viewer] = {}


def show_in_cell(folder: str | os.PathLike[str], height: int) -> None:
    """Show the viewer of *folder* as this cell's output; see `pyexp.viewer.show`."""
    display = import_extra("IPython.display", "viewer", "showing the viewer in a notebook")
    viewer = _viewer_of(checked_root(os.fspath(folder)))
    display.display(display.HTML(cell_html(viewer.url.partition("#")[0], issue_ticket(viewer), height)))


def cell_html(address: str, ticket: str, height: int) -> str:
    """Return the output of a cell; without its script, or later, it says to run the cell again."""
    name = f"pyexp-{secrets.token_hex(8)}"
    url = f"{address}#ticket={ticket}"
    words = {
        "id": _quoted(name),
        "until": int(time.time() * 1000) + _TICKET_MS,
        "url": _quoted(url),
        "height": height,
        "elsewhere": _quoted(f"The viewer runs on the machine of the kernel; within a minute, open there: {url}"),
    }
    return f'<div id="{name}">{escape(_AGAIN)}</div><script>{_SCRIPT % words}</script>'


def issue_ticket(viewer: Viewer) -> str:
    """Ask *viewer* for a ticket.

    Raises:
        ViewerError: It does not answer.
    """
    parts = urlsplit(viewer.url)
    headers = {"Authorization": f"Bearer {parts.fragment.removeprefix('token=')}"}
    connection = http.client.HTTPConnection(parts.netloc, timeout=_ANSWER_S)
    try:
        with closing(connection):
            connection.request("GET", "/api/ticket", headers=headers)
            found: str = json.load(connection.getresponse())["ticket"]
    except (OSError, http.client.HTTPException) as error:
        raise ViewerError(f"the viewer at {parts.netloc} does not answer: run the cell again") from error
    return found


def notebook_origins(runtime: Path) -> Iterator[str]:
    """List the origins of the Jupyter servers on this machine, from the folder *runtime*."""
    for place in sorted(runtime.glob("*server-*.json")):
        try:
            parts = urlsplit(json.loads(place.read_bytes())["url"])
            port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        yield from (f"{parts.scheme}://{name}:{port}" for name in ("localhost", "127.0.0.1"))


def _viewer_of(root: Path) -> Viewer:
    """Return the running viewer of *root*, or start one."""
    known = _viewers.get(root)
    if known is not None and known.is_running:
        return known
    frames = tuple(dict.fromkeys(notebook_origins(_runtime_folder())))
    settings = ViewerSettings(
        root=root,
        roots=(Root(path=root),),
        port=DEFAULT_PORT,
        is_port_fixed=False,
        token=kept_token(root, "127.0.0.1"),
        allowed=Allowed(frames=frames),
    )
    viewer = _viewers[root] = start_process(settings)
    return viewer


def _runtime_folder() -> Path:
    paths: Any = import_extra("jupyter_core.paths", "viewer", "showing the viewer in a notebook")
    return Path(paths.jupyter_runtime_dir())


def _quoted(text: str) -> str:
    """Quote *text* as JavaScript inside HTML."""
    return json.dumps(text).replace("<", "\\u003c")

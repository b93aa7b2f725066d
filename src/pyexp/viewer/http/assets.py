"""The files of the page: an allow-list of what lies in the package's ``static`` folder. Knows no other folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".woff2": "font/woff2",
}
_FULL_PLOTLY: Final = "plotly-full.js"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file of the page.

    Attributes:
        data: Its bytes.
        media_type: What it is.
        etag: Checksum of the bytes.
    """

    data: bytes
    media_type: str
    etag: str


def load_asset(path: str) -> Asset | None:
    """Read the page's file *path* (``a/b.js``); None when it is not on the list."""
    if path == _FULL_PLOTLY:
        return _load(_plotly_bundle(), ".js")
    segments = path.split("/")
    suffix = "." + segments[-1].rpartition(".")[2]
    if suffix not in _TYPES:
        return None
    place: Traversable | None = resources.files("pyexp.viewer") / "static"
    for segment in segments:
        place = _child(place, segment)
    return _load(place, suffix)


def _child(folder: Traversable | None, name: str) -> Traversable | None:
    """Find the entry *name* in the listing of *folder*; a name is never joined to a path."""
    if folder is None or not folder.is_dir():
        return None
    return next((entry for entry in folder.iterdir() if entry.name == name), None)


def _plotly_bundle() -> Traversable | None:
    try:
        return resources.files("plotly") / "package_data" / "plotly.min.js"
    except ModuleNotFoundError:
        return None


def _load(place: Traversable | None, suffix: str) -> Asset | None:
    if place is None or not place.is_file():
        return None
    if isinstance(place, Path):
        info = place.stat()
        return _load_once(place, suffix, info.st_mtime_ns, info.st_size)
    return _make(place.read_bytes(), suffix)


@lru_cache(maxsize=256)
def _load_once(place: Path, suffix: str, _changed_ns: int, _size: int) -> Asset:
    return _make(place.read_bytes(), suffix)


def _make(data: bytes, suffix: str) -> Asset:
    return Asset(data=data, media_type=_TYPES[suffix], etag=hashlib.sha256(data).hexdigest()[:32])

"""Where the objects of a log of JSON lines lie, and finding them there without a ``log.jsonl``.

Owns the paths; the names of folders and suffixes are in `kinds`. Reads no object, only its small ``.meta``.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from pyexp._files import open_regular
from pyexp.log.jsonlines.file_names import tag_of
from pyexp.log.kinds import FIGURE, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDERS: Final = {kind.name: kind.folder for kind in KINDS.values() if kind.folder is not None}
SUFFIXES: Final = {media.name: media.suffix for name in FOLDERS for media in KINDS[name].media_types}
META_SUFFIX: Final = ".meta"
_ITERATION = re.compile(r"-?[0-9]{1,19}")


def scan(folder: Path) -> list[dict[str, Any]]:
    """Return what ``log.jsonl`` would say of the objects in *folder*, by iteration."""
    found: list[dict[str, Any]] = []
    with suppress(OSError), os.scandir(folder) as listing:
        names = [entry.name for entry in listing if _ITERATION.fullmatch(entry.name)]
        for name in sorted(names, key=int):
            for kind in FOLDERS:
                found += _objects(folder, name, kind)
    return found


def _objects(folder: Path, iteration: str, kind: str) -> Iterator[dict[str, Any]]:
    below = folder / iteration / FOLDERS[kind]
    files: dict[str, dict[str, str]] = {}  # of each object by its base: media type and path
    for place, folders, names in os.walk(below):
        folders.sort()
        for name in sorted(names):
            media_type = next((known for known, suffix in SUFFIXES.items() if name.endswith(suffix)), None)
            if media_type is not None:
                path = os.path.join(place, name)
                files.setdefault(path.removesuffix(SUFFIXES[media_type]), {})[media_type] = path
    for base, paths in files.items():
        with suppress(OSError):
            parts = [(known, paths[known], os.stat(paths[known])) for known in SUFFIXES if known in paths]
            yield {
                "it": int(iteration),
                "tag": tag_of(os.path.relpath(base, below).replace(os.sep, "/")),
                "kind": kind,
                "interactive": kind == FIGURE.name,
                "time": parts[0][2].st_mtime,
                **_meta(base + META_SUFFIX),
                "parts": [
                    [known, os.path.relpath(path, folder).replace(os.sep, "/"), status.st_size, None]
                    for known, path, status in parts
                ],
            }


def _meta(path: str) -> dict[str, Any]:
    try:
        with open_regular(path, follow_links=True) as file:
            content = json.load(file)
    except (OSError, ValueError):
        return {}
    return {name: content[name] for name in ("interactive", "time") if name in content} if type(content) is dict else {}

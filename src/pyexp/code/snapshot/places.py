"""Where a path is in the work tree, whatever links lead there. Knows folders and links, nothing of modules."""

from __future__ import annotations

import os
import posixpath
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CASE_DOES_NOT_COUNT = sys.platform in {"darwin", "win32"}


class Places:
    """A finder of paths in the folder *top*, whose links led to *links* at the start (relative to it, by ``/``)."""

    def __init__(self, top: str, links: Mapping[str, str]) -> None:
        self._top = top
        self._links = links
        self._identity = _identity(top)
        self._is_top: dict[str, bool] = {}
        self._real: dict[str, str] = {}

    def candidates(self, path: str) -> Iterator[str]:
        """Yield where *path* is relative to the top: by the links at the start, then by the links now."""
        real = self.relative(self.realpath(path))
        below = self.relative(path)
        # Only a link leads to the top by another name, where case counts.
        if below is None and (real is not None or _CASE_DOES_NOT_COUNT):
            below = self.below_top(path)
        if below is not None:
            yield self.resolve(below)
        if real is not None and real != below:
            yield real

    def below_top(self, path: str) -> str | None:
        """Return *path* relative to the top, whatever the top's folder is called; links below it are not followed."""
        if (relative := self.relative(path)) is not None:
            return relative
        head, below = path, ""
        while True:
            head, tail = os.path.split(head)
            if not tail:
                return None
            below = posixpath.join(tail, below) if below else tail
            if self._is_the_top(head):
                return below

    def _is_the_top(self, path: str) -> bool:
        """Return whether *path* is the top by another name: a link to it, or another case where case does not count."""
        if path not in self._is_top:
            self._is_top[path] = self._identity is not None and _identity(path) == self._identity
        return self._is_top[path]

    def relative(self, path: str) -> str | None:
        """Return *path* relative to the top as git calls it; None outside."""
        if path == self._top:
            return ""
        prefix = self._top if self._top.endswith(os.sep) else self._top + os.sep
        return path.removeprefix(prefix).replace(os.sep, "/") if path.startswith(prefix) else None

    def resolve(self, relative: str) -> str:
        """Follow the links that the tree had."""
        if not self._links:
            return relative
        resolved = ""
        for part in relative.split("/"):
            step = posixpath.join(resolved, part)
            resolved = self._links.get(step, step)
        return resolved

    def realpath(self, path: str) -> str:
        """Return what `os.path.realpath` does, caching the folders above."""
        if path not in self._real:
            head, tail = os.path.split(path)
            is_plain = bool(tail) and not os.path.islink(path)
            self._real[path] = os.path.join(self.realpath(head), tail) if is_plain else os.path.realpath(path)
        return self._real[path]


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino

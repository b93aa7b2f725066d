"""The runs' output as it comes, for ``-s``: the logs are followed, nothing passes through a pipe."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio

from pyexp.terminal.printing import encodable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyexp.store.batch import Batch

_INTERVAL_S = 0.05
_CHUNK_BYTES = 1 << 16


class LiveOutput:
    """Prints what runs write to their logs, line by line, to standard output."""

    def __init__(self, batch: Batch, folders: Sequence[str], *, is_prefixed: bool) -> None:
        """Follow the runs in *folders* from where their logs end now."""
        # Kept: while inline runs are captured another stands in its place; what is shown must not become their output.
        self._stream = sys.stdout
        self._batch = batch
        self._is_prefixed = is_prefixed
        self._position = {folder: self._size(folder) for folder in folders}
        self._partial: dict[str, bytes] = {}
        self._names: dict[str, str] = {}

    def start(self, folder: str, name: str) -> None:
        """The run in *folder* begins to write."""
        self._names[folder] = name

    def finish(self, folder: str) -> None:
        """The run in *folder* has ended: print the rest."""
        name = self._names.get(folder, folder)
        while self._print_new(folder, name):
            pass
        if rest := self._partial.pop(folder, b""):
            self._print(name, rest)
        self._names.pop(folder, None)

    async def follow(self) -> None:
        """Print what is new, until cancelled."""
        while True:
            for folder, name in list(self._names.items()):
                self._print_new(folder, name)
            await anyio.sleep(_INTERVAL_S)

    def _print_new(self, folder: str, name: str) -> bool:
        try:
            descriptor = os.open(self._batch.run(folder).log, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except OSError:
            return False
        with open(descriptor, "rb") as file:
            file.seek(self._position[folder])
            new = file.read(_CHUNK_BYTES)
        self._position[folder] += len(new)
        *lines, rest = (self._partial.get(folder, b"") + new).split(b"\n")
        if len(rest) > _CHUNK_BYTES:
            lines.append(rest)
            rest = b""
        self._partial[folder] = rest
        for line in lines:
            self._print(name, line)
        return bool(new)

    def _print(self, name: str, line: bytes) -> None:
        prefix = f"[{name}] " if self._is_prefixed else ""
        with suppress(OSError, ValueError):
            text = f"{prefix}{line.decode('utf-8', 'replace')}"
            print(encodable(text, self._stream), file=self._stream, flush=True)

    def _size(self, folder: str) -> int:
        try:
            return self._batch.run(folder).log.stat().st_size
        except OSError:
            return 0

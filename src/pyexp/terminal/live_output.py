"""The runs' output as it comes, for ``-s``: the logs are followed, nothing passes through a pipe.

Owns how the output of several runs shares one terminal; knows nothing of what the runs are.
"""

from __future__ import annotations

import codecs
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio

from pyexp._files import open_regular
from pyexp.terminal.printing import encodable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from pyexp.store.batch import Batch

    class Shown(Protocol):
        """How the output of one run is shown."""

        def add(self, data: bytes) -> None:
            """Show *data* as far as it is complete."""

        def end(self) -> None:
            """Show the rest: there will be no more."""


_INTERVAL_S = 0.05
_CHUNK_BYTES = 1 << 16
_STATE_INTERVAL_S = 1.0


class LiveOutput:
    """The printing of what runs write to their logs on standard output."""

    def __init__(self, batch: Batch, folders: Sequence[str], *, is_prefixed: bool) -> None:
        """Follow the runs in *folders* from where their logs end now.

        Args:
            batch: The batch.
            folders: Its runs that are to be executed.
            is_prefixed: Several run at once: whole lines are shown, each with the name of its run. Otherwise what the
                only run writes is shown as it comes, progress bars included.
        """
        # Kept: while inline runs are captured another takes its place; what is shown must not become their output.
        self._stream = sys.stdout
        self._batch = batch
        self._is_prefixed = is_prefixed
        self._position = {folder: self._size(folder) for folder in folders}
        self._shown: dict[str, Shown] = {}

    def start(self, folder: str, name: str) -> None:
        """Follow the run in *folder* from now on, from where an earlier attempt ended."""
        if folder not in self._shown:
            self._shown[folder] = _Lines(f"[{name}] ", self._write) if self._is_prefixed else _Stream(self._write)

    def finish(self, folder: str) -> None:
        """Print the rest of the output of the run in *folder*, which has ended."""
        shown = self._shown.pop(folder, None) or _Lines(f"[{folder}] ", self._write)
        while self._show_new(folder, shown):
            pass
        shown.end()

    async def follow(self) -> None:
        """Print what is new, until cancelled."""
        while True:
            for folder, shown in list(self._shown.items()):
                self._show_new(folder, shown)
            await anyio.sleep(_INTERVAL_S)

    def _show_new(self, folder: str, shown: Shown) -> bool:
        try:
            file = open_regular(self._batch.run(folder).log)
        except OSError:
            return False
        with file:
            file.seek(self._position[folder])
            new = file.read(_CHUNK_BYTES)
        self._position[folder] += len(new)
        shown.add(new)
        return bool(new)

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(encodable(text, self._stream))
            self._stream.flush()

    def _size(self, folder: str) -> int:
        try:
            return self._batch.run(folder).log.stat().st_size
        except OSError:
            return 0


class _Stream:
    """The only run's output, as it comes."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._is_in_line = False

    def add(self, data: bytes) -> None:
        self._show(self._decoder.decode(data))

    def end(self) -> None:
        self._show(self._decoder.decode(b"", final=True))
        if self._is_in_line:
            self._show("\n")

    def _show(self, text: str) -> None:
        if text:
            self._write(text)
            self._is_in_line = not text.endswith("\n")


class _Lines:
    r"""Whole lines of one of several runs; of a line that rewrites itself by ``\r``, a state a second and the last."""

    def __init__(self, prefix: str, write: Callable[[str], None]) -> None:
        self._prefix = prefix
        self._write = write
        self._rest = b""
        self._next_state = 0.0

    def add(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._show(line)
        if b"\r" in self._rest and time.monotonic() >= self._next_state:
            self._next_state = time.monotonic() + _STATE_INTERVAL_S
            self._show(self._rest)
            self._rest = b"\r"
        elif len(self._rest) > _CHUNK_BYTES:
            self._show(self._rest)
            self._rest = b""

    def end(self) -> None:
        if self._rest.strip(b"\r"):
            self._show(self._rest)
        self._rest = b""

    def _show(self, line: bytes) -> None:
        states = [state for state in line.split(b"\r") if state]
        if states or b"\r" not in line:
            self._write(f"{self._prefix}{(states or [b''])[-1].decode('utf-8', 'replace')}\n")

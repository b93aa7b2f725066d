"""What a page is sent: computed when it is sent, from what the page holds then, so that updates merge by themselves.

Owns the server's messages, and the sharing of one computed frame between pages that hold the same; refuses to know the
socket.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

import anyio

from pyexp.viewer.answers import to_json
from pyexp.viewer.objects import count_entries
from pyexp.viewer.output import Piece, read_piece, read_tail
from pyexp.viewer.scalars import delta_frame
from pyexp.viewer.tags import tags_revision

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from pyexp.viewer.hub import Hub, Stale
    from pyexp.viewer.library import Library
    from pyexp.viewer.look import Look

_TAIL_BYTES: Final = 65_536
_BEHIND_BYTES: Final = 1 << 20

_Frame = tuple[bytes | None, dict[int, str | None]]


@dataclass(slots=True)
class _Shared:
    """A frame that one page computes while others wait for it."""

    done: anyio.Event = field(default_factory=anyio.Event)
    frame: _Frame | None = None


class Updates:
    """Messages for pages, from one library."""

    def __init__(self, library: Library, hub: Hub, epoch: str) -> None:
        self._library = library
        self._hub = hub
        self._epoch = epoch
        self._frames: dict[object, _Shared] = {}
        self._computed_at = 0
        self._changes: dict[int, str] = {}
        self._changes_to = -1

    async def collect(self, look: Look, stale: Stale) -> AsyncIterator[str | bytes]:
        """Yield the messages that bring a page up to date; *look* moves on with each."""
        if (message := self._catalog(look)) is not None:
            yield message
        if look.tags is not None and (stale.is_new or not stale.runs.isdisjoint(look.tags)):
            revision = await self._library.read(tags_revision, self._library, look.tags)
            if revision != look.tags_revision:
                look.tags_revision = revision
                yield to_json({"type": "tags", "rev": revision})
        for tag, cursors in look.series.items():
            asked = cursors if stale.is_new else {run: cursors[run] for run in cursors.keys() & stale.runs}
            if asked:
                data, moved = await self._delta(tag, asked)
                cursors.update(moved)
                if data is not None:
                    yield data
        for message in await self._entries(look, stale):
            yield message
        if look.log is not None and (stale.is_new or stale.output):
            async for message in self._output(look):
                yield message

    def _catalog(self, look: Look) -> str | None:
        if look.catalog is None:
            return None
        held = look.catalog if look.epoch == self._epoch else -1
        if held == self._library.catalog.revision:
            return None
        revision = self._library.catalog.revision
        if self._changes_to != revision:
            self._changes, self._changes_to = {}, revision
        if held not in self._changes:
            self._changes[held] = to_json(self._library.catalog.changes_since(held))
        look.catalog, look.epoch = revision, self._epoch
        return self._changes[held]

    async def _delta(self, tag: int, cursors: dict[int, str | None]) -> _Frame:
        """The frame for pages that hold *cursors*; computed once for all that ask between two changes."""
        if self._computed_at != self._hub.ticks:
            self._frames.clear()
            self._computed_at = self._hub.ticks
        key = (tag, tuple(sorted(cursors.items(), key=lambda item: item[0])))
        while (shared := self._frames.get(key)) is not None:
            await shared.done.wait()
            if shared.frame is not None:
                return shared.frame
        shared = self._frames[key] = _Shared()
        try:
            shared.frame = await self._library.read(delta_frame, self._library, tag, dict(cursors))
        finally:
            is_kept = shared.frame is not None and len(shared.frame[0] or b"") <= _BEHIND_BYTES
            # Whoever waited for a page that went computes for itself; large frames are rare and not kept.
            if not is_kept and self._frames.get(key) is shared:
                del self._frames[key]
            shared.done.set()
        return shared.frame

    async def _entries(self, look: Look, stale: Stale) -> list[str]:
        messages = []
        for shown in look.entries:
            runs = [run for run in shown.totals if stale.is_new or run in stale.runs]
            if not runs:
                continue
            counts = await self._library.read(self._count, shown.kind, shown.tag, runs)
            for run, total in counts.items():
                if total != shown.totals[run]:
                    is_first = shown.totals[run] < 0
                    shown.totals[run] = total
                    if not (is_first and total == 0):
                        message = {"type": "entries", "kind": shown.kind, "tag": shown.tag, "run": run, "total": total}
                        messages.append(to_json(message))
        return messages

    def _count(self, kind: str, tag: int, runs: list[int]) -> dict[int, int]:
        return {run.id: count_entries(log, kind, tag) for run, log in self._library.logs_of(runs)}

    async def _output(self, look: Look) -> AsyncIterator[str]:
        runs = self._library.catalog.runs([look.log] if look.log is not None else [])
        if not runs:
            return
        while True:
            piece, is_reset = await self._library.read(self._read_output, runs[0].path, look.offset)
            if piece.end == look.offset and not is_reset:
                return
            look.offset = piece.end
            yield to_json({"type": "log", "run": runs[0].id, **asdict(piece), "reset": is_reset})
            if is_reset:
                return

    @staticmethod
    def _read_output(folder: Path, offset: int) -> tuple[Piece, bool]:
        piece = read_piece(folder, offset, _TAIL_BYTES)
        if piece.size < offset or piece.size - offset > _BEHIND_BYTES:
            return read_tail(folder, _TAIL_BYTES), True
        return piece, False

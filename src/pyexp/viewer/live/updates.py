"""What a page is sent: computed when it is sent, from what the page holds then, so that updates merge by themselves.

Owns the server's messages, and the sharing of one computed frame between pages that hold the same; does not know the
socket.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

import anyio

from pyexp.viewer.data.objects import count_entries
from pyexp.viewer.data.run_output import Piece, read_piece, read_tail
from pyexp.viewer.data.scalars import delta_frame
from pyexp.viewer.data.tags import tags_revision
from pyexp.viewer.protocol.encoding import to_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Hashable
    from pathlib import Path

    from pyexp.viewer.data.library import Library
    from pyexp.viewer.live.hub import Hub, Stale
    from pyexp.viewer.protocol.subscription import Look

_TAIL_BYTES: Final = 65_536
_BEHIND_BYTES: Final = 1 << 20

_Frame = tuple[bytes | None, dict[int, str | None]]
_Cursors = tuple[tuple[int, str | None], ...]


@dataclass(slots=True)
class _Shared:
    """An answer that is read for one page while others wait for it."""

    done: anyio.Event = field(default_factory=anyio.Event)
    answer: Any = None


class Updates:
    """Messages for pages, from one library."""

    def __init__(self, library: Library, hub: Hub, epoch: str) -> None:
        self._library = library
        self._hub = hub
        self._epoch = epoch
        self._answers: dict[Hashable, _Shared] = {}
        self._answered_at = 0
        hub.prepare = self.prepare
        self._changes: dict[int, str] = {}
        self._changes_to = -1

    async def collect(self, look: Look, stale: Stale) -> AsyncIterator[str | bytes]:
        """Yield the messages that bring a page up to date; *look* moves on with each."""
        if (message := self._catalog(look)) is not None:
            yield message
        if look.tags is not None and (stale.is_new or not stale.runs.isdisjoint(look.tags)):
            revision = await self._once(tuple(look.tags), tags_revision, self._library, look.tags)
            if revision != look.tags_revision:
                look.tags_revision = revision
                yield to_json({"type": "tags", "rev": revision})
        for tag, cursors in look.series.items():
            if asked := _asked(cursors, None if stale.is_new else stale.runs):
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

    async def prepare(self, grown: frozenset[int]) -> None:
        """Compute the frames that several pages will ask for when they are woken for *grown*.

        Otherwise the first would compute while all others wake only to wait for it, and wake again.
        """
        looks = [page.look for page in self._hub.pages() if page.sending_since is None]
        if len(looks) < 2:  # noqa: PLR2004 — one page has none to share with
            return
        wanted = Counter(
            (tag, asked) for look in looks for tag, cursors in look.series.items() if (asked := _asked(cursors, grown))
        )
        shared = [key for key, pages in wanted.items() if pages > 1]
        if shared:
            frames = await self._library.read(self._compute, shared)
            self._forget_old_answers()
            self._answers.update(zip(shared, frames, strict=True))

    def _compute(self, keys: list[tuple[int, _Cursors]]) -> list[_Shared]:
        return [_Shared(answer=delta_frame(self._library, tag, dict(asked))) for tag, asked in keys]

    def _forget_old_answers(self) -> None:
        if self._answered_at != self._hub.ticks:
            self._answers.clear()
            self._answered_at = self._hub.ticks

    async def _delta(self, tag: int, asked: _Cursors) -> _Frame:
        """Return the frame for pages that hold the cursors *asked*."""
        key = (tag, asked)
        frame: _Frame = await self._once(key, delta_frame, self._library, tag, dict(asked))
        if len(frame[0] or b"") > _BEHIND_BYTES:
            self._answers.pop(key, None)  # large frames are rare, and not kept
        return frame

    async def _once(self, key: Hashable, read: Callable[..., Any], *arguments: object) -> Any:
        """Return what *read* returns, called once for all pages that ask between two changes."""
        self._forget_old_answers()
        while (shared := self._answers.get(key)) is not None:
            if shared.answer is not None:
                return shared.answer
            await shared.done.wait()
        shared = self._answers[key] = _Shared()
        try:
            shared.answer = await self._library.read(read, *arguments)
        finally:
            # Pages that waited for one that is gone ask for themselves.
            if shared.answer is None and self._answers.get(key) is shared:
                del self._answers[key]
            shared.done.set()
        return shared.answer

    async def _entries(self, look: Look, stale: Stale) -> list[str]:
        messages: list[str] = []
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


def _asked(cursors: dict[int, str | None], runs: frozenset[int] | None) -> _Cursors:
    """Return the cursors of those *runs* (None: of all) that the page looks at; equal for pages in the same state."""
    return tuple(item for item in cursors.items() if runs is None or item[0] in runs)

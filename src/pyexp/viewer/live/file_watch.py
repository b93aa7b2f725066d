"""Notices that files below the root grew, and names the runs concerned to the hub.

The watcher's events are hints: it misses files made at once inside new folders, and sees nothing on a network drive or
when the system's watches are used up. So a sweep looks at the catalogue and at the watched runs' files, at the pace of
`pace`.
Knows nothing of what is in the files.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

import anyio

from pyexp._optional import import_extra
from pyexp.log import EVENTS_NAME, MARKER
from pyexp.store import layout
from pyexp.viewer.live.pace import SWEEP_S, Pace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pyexp.viewer.data.library import Library
    from pyexp.viewer.live.hub import Hub
    from pyexp.viewer.settings import Root

# The watcher reports after one step without a change, at the latest after the second time. It wakes at each step, which
# takes 1 % of a core with the short one: where nothing happens the first change is reported a fifth of a second late.
_STEP_MS: Final = 3
_IDLE_STEP_MS: Final = 100
_DEBOUNCE_MS: Final = 20
_WAIT_MS: Final = 1_000  # after which the step is chosen again
_IDLE_WAIT_MS: Final = 10_000  # each choice wakes two threads; a change comes at once
_POLL_MS: Final = 300  # where the system has no notifications
_RETRY_S: Final = 10.0
# A scan may take at most this part of the time.
_SCAN_SHARE: Final = 4
_STATE_FILES: Final = frozenset(
    {layout.STATUS, layout.INDEX, layout.RUNS, layout.OWNER, layout.LOG, MARKER, EVENTS_NAME}
)

_Signature = tuple[object, ...]


class Tail:
    """Watches one library for one hub."""

    def __init__(self, library: Library, hub: Hub) -> None:
        self._library = library
        self._hub = hub
        self._seen: dict[int, tuple[_Signature, _Signature]] = {}
        self._hinted: set[int] = set()
        self._has_hints = anyio.Event()
        self._scan_wanted = anyio.Event()
        self._scan_s = 0.0
        self._pace = Pace()

    async def run(self) -> None:
        """Watch until cancelled."""
        async with anyio.create_task_group() as tasks:
            stop = anyio.Event()
            tasks.start_soon(_set_at_end, stop)
            tasks.start_soon(self._watch, stop)
            tasks.start_soon(self._sweep)
            tasks.start_soon(self._announce)
            await self._rescan()

    async def scan(self) -> None:
        """Bring the catalogue up to date."""
        started = time.monotonic()
        if await self._library.read(self._library.catalog.scan):
            self._hub.touch_catalog()
        self._scan_s = time.monotonic() - started

    async def _rescan(self) -> None:
        """Scan at a hint or after a pause, but never for more than a part of the time."""
        while True:
            if not self._scan_wanted.is_set():
                await self._pace.rest()
            self._scan_wanted = anyio.Event()
            before = self._library.catalog.revision
            await self.scan()
            is_changed = self._library.catalog.revision != before
            if is_changed:
                # What was written before a run was listed has had its events: look at its files now.
                await self._look_at_files()
            self._pace.found(is_busy=is_changed or self._library.catalog.is_live)
            await anyio.sleep(max(0.02, _SCAN_SHARE * self._scan_s))

    async def _watch(self, stop: anyio.Event) -> None:
        while True:
            folders = await self._library.read(_existing, self._library.catalog.roots)
            try:
                if not folders:
                    raise FileNotFoundError
                await self._follow(folders, stop)
                return
            except (OSError, RuntimeError):
                # No watches left, or a root went or comes later: the sweep alone serves until it works.
                self._pace.is_watched = False
                self._pace.hurry()
                await anyio.sleep(_RETRY_S if folders else SWEEP_S)

    async def _follow(self, folders: list[Path], stop: anyio.Event) -> None:
        """Handle what the watcher reports, until *stop* is set."""
        # `awatch` has one step for all of its life, and a new one would have to watch thousands of folders anew.
        notify = import_extra("watchfiles._rust_notify", "viewer", "the viewer").RustNotify
        deleted = import_extra("watchfiles", "viewer", "the viewer").Change.deleted
        with notify([os.fspath(folder) for folder in folders], False, False, _POLL_MS, True, True) as watcher:
            self._pace.is_watched = True
            while not stop.is_set():
                step, wait = (_IDLE_STEP_MS, _IDLE_WAIT_MS) if self._pace.is_idle else (_STEP_MS, _WAIT_MS)
                changes = await anyio.to_thread.run_sync(watcher.watch, _DEBOUNCE_MS, step, wait, stop)
                if isinstance(changes, set):
                    self._take((change == deleted, path) for change, path in changes)

    def _take(self, changes: Iterable[tuple[bool, str]]) -> None:
        events: set[int] = set()
        output: set[int] = set()
        is_structure = False
        for is_gone, path in changes:
            run = self._library.catalog.run_at(path)
            name = os.path.basename(path)
            if run is None:
                is_structure = True
            elif name == layout.LOG:
                output.add(run)
            else:
                events.add(run)
            is_structure |= name in _STATE_FILES and (is_gone or not self._is_listed(run, name))
        self._hint(events, output)
        if is_structure or self._pace.is_idle:
            self._scan_wanted.set()
            self._pace.hurry()

    def _is_listed(self, run: int | None, name: str) -> bool:
        """Return whether the catalogue already lists this file of the run, so that its growth changes nothing there."""
        found = self._library.catalog.runs([run] if run is not None else [])
        if not found:
            return False
        if name == layout.LOG:
            return found[0].output
        return name in {MARKER, EVENTS_NAME} and found[0].events

    async def _sweep(self) -> None:
        while True:
            await self._look_at_files()
            await self._pace.rest()

    async def _look_at_files(self) -> None:
        watched = self._library.catalog.runs(sorted(self._hub.watched()))
        found = await self._library.read(_signatures, {run.id: os.fspath(run.path) for run in watched})
        events = [run for run, now in found.items() if self._seen.get(run, ((), ()))[0] != now[0]]
        output = [run for run, now in found.items() if self._seen.get(run, ((), ()))[1] != now[1]]
        self._seen = found
        self._hint(events, output)

    def _hint(self, events: Iterable[int], output: Iterable[int]) -> None:
        for run in events:
            self._library.logs.mark_stale(run)
            self._hinted.add(run)
        if self._hinted:
            self._has_hints.set()
        if output:
            self._hub.touch(output)

    async def _announce(self) -> None:
        """Wake the pages for what did grow: the watcher and the sweep report the same growth, and more than once."""
        while True:
            await self._has_hints.wait()
            self._has_hints = anyio.Event()
            hinted, self._hinted = self._hinted, set()
            grown = await self._library.read(self._library.news, self._hub.looks_at(hinted))
            if grown:
                await self._hub.announce(frozenset(grown))


async def _set_at_end(stop: anyio.Event) -> None:
    """Set *stop* when cancelled: the watcher's thread checks nothing else."""
    try:
        await anyio.sleep_forever()
    finally:
        stop.set()


def _existing(roots: Sequence[Root]) -> list[Path]:
    return [root.path for root in roots if root.path.is_dir()]


def _signatures(folders: dict[int, str]) -> dict[int, tuple[_Signature, _Signature]]:
    """Return sizes and times of each run's files: its log, and its output."""
    return {run: _signature(folder) for run, folder in folders.items()}


def _signature(folder: str) -> tuple[_Signature, _Signature]:
    events: list[object] = []
    output: _Signature = ()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                info = entry.stat(follow_symlinks=False)
                fact = (entry.name, info.st_ino, info.st_size, info.st_mtime_ns)
                if entry.name == layout.LOG:
                    output = fact
                else:
                    events.append(fact)
    except OSError:
        return (), ()
    return tuple(events), output

"""The only printer: progress while a batch runs, failures when they happen, a summary last.

Everything goes to standard error, so that a script's own output stays clean; a terminal gets a progress bar, anything
else plain lines. A closed terminal stops nothing.
"""

from __future__ import annotations

import math
import os
import sys
import textwrap
import time
from collections import Counter
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from pyexp.scheduler.events import Event, RunFinished, RunRetried, RunStarted
from pyexp.task import Status
from pyexp.terminal.printing import encodable, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pyexp.store.batch import Batch

_SHOWN_NAMES = 3
_SHOWN_FAILURES = 10
_MANY = 1_000  # runs, of which to prepare fewer takes no second
_PATIENCE_S = 1.0

T = TypeVar("T")


class Console:
    """The progress of a batch, as shown to a person."""

    def __init__(
        self,
        name: str,
        batch: Batch,
        *,
        count: int,
        cached: int,
        notes: Sequence[str] = (),
        has_bar: bool,
        is_quiet: bool = False,
    ) -> None:
        """Open the progress bar.

        Args:
            name: The experiment's name.
            batch: The batch, for the paths of its logs.
            count: Runs to execute.
            cached: Runs that have passed before.
            notes: What a person should know, a sentence each.
            has_bar: Draw a bar where there is a terminal.
            is_quiet: Show failures only.
        """
        self._name = name
        self._batch = batch
        self._count = count
        self._cached = cached
        self._notes = notes
        self._total = count + cached
        self._counts: Counter[Status] = Counter()
        self._running: dict[str, str] = {}
        self._failed: list[RunFinished] = []
        self._started = time.monotonic()
        self._bar: Any = None
        # Kept: while inline runs are captured another takes its place, and bar and lines must go to one stream.
        self._stream = sys.stderr
        self._is_quiet = is_quiet
        if has_bar and not is_quiet and count and _is_drawable(self._stream):
            self._bar = _make_bar(self._stream, self._total, cached, name)

    def begin(self) -> None:
        """Print what runs, and where."""
        cached = f" ({self._cached} passed already)" if self._cached else ""
        runs = f"{self._count} run{'' if self._count == 1 else 's'}"
        self.say(f"{self._name}: {runs}{cached} in {self._batch.paths.root}")
        for note in self._notes:
            self.say(f"note: {note}")

    def show(self, event: Event) -> None:
        """Note *event* and show it."""
        match event:
            case RunStarted():
                self._running[event.folder] = event.name
            case RunRetried():
                heading = f"{event.name}: attempt {event.attempt} failed, the next in {event.delay_s:g} s"
                self.say(f"{heading}\n{_indent(_reason(event.error))}")
            case RunFinished():
                self._finish(event)
        if self._bar is not None:
            self._bar.set_postfix_str(self._postfix(), refresh=True)

    def end(self) -> None:
        """Remove the bar and summarise."""
        self._close_bar()
        parts = [f"{self._counts[status]} {status.value}" for status in Status if self._counts[status]]
        if self._cached:
            parts.append(f"{self._cached} passed before")
        if left := self._count - sum(self._counts.values()):
            parts.append(f"{left} not started")
        self.say(
            f"{self._name}: {', '.join(parts) or 'nothing to run'} in {_seconds(time.monotonic() - self._started)}"
        )
        for event in self._failed[:_SHOWN_FAILURES]:
            self.say(f"  {event.state.status}: {event.name}: {_first_line(event.state.error)}")
        if len(self._failed) > _SHOWN_FAILURES:
            self.say(f"  … and {len(self._failed) - _SHOWN_FAILURES} more")

    def say(self, text: str) -> None:
        """Print *text*, which is not an error, without disturbing the bar."""
        if not self._is_quiet:
            self._print(text)

    def _print(self, text: str) -> None:
        with suppress(OSError, ValueError, AttributeError):
            text = encodable(text, self._stream)
            if self._bar is not None:
                self._bar.write(text, file=self._stream)
            else:
                print(text, file=self._stream, flush=True)

    def _finish(self, event: RunFinished) -> None:
        state = event.state
        self._running.pop(event.folder, None)
        self._counts[state.status] += 1
        done = sum(self._counts.values()) + self._cached
        heading = f"[{done}/{self._total}] {state.status}: {event.name} ({_seconds(state.duration or 0.0)})"
        if state.status.is_failure:
            self._failed.append(event)
            log = self._batch.run(event.folder).log
            self._print(f"{heading}\n{_indent(_reason(state.error))}\n  its output: {log}")
        elif self._bar is None:
            self.say(heading)
        if self._bar is not None:
            self._bar.update(1)

    def _postfix(self) -> str:
        parts = [f"{self._counts[Status.PASSED]} passed"]
        if self._failed:
            parts.append(f"{len(self._failed)} failed")
        if self._cached:
            parts.append(f"{self._cached} cached")
        if self._running:
            parts.append(f"running {_some(self._running.values())}")
        return ", ".join(parts)

    def _close_bar(self) -> None:
        if self._bar is not None:
            bar, self._bar = self._bar, None
            with suppress(OSError, ValueError):
                bar.close()


def show_preparing(name: str, items: Sequence[T], *, is_quiet: bool = False) -> Iterator[T]:
    """Yield *items*; after a second a bar shows how many, or a line where there is no terminal."""
    if is_quiet or len(items) < _MANY:
        yield from items
    elif _is_drawable(sys.stderr):
        told = {
            "desc": f"{name}: preparing",
            "unit": "run",
            "delay": _PATIENCE_S,
            "leave": False,
            "dynamic_ncols": True,
        }
        yield from _bar_class()(items, file=sys.stderr, **told)
    else:
        begin = time.monotonic()
        for done, item in enumerate(items):
            if done % _MANY == 0 and time.monotonic() - begin > _PATIENCE_S:
                say(f"{name}: preparing {len(items):,} runs…")
                begin = math.inf
            yield item


def _is_drawable(stream: TextIO | None) -> bool:
    """Return whether *stream* is a terminal that reports its width; some in containers do not, and show no bar."""
    with suppress(OSError, ValueError):
        return stream is not None and stream.isatty() and os.get_terminal_size(stream.fileno()).columns > 0
    return False


def _make_bar(stream: TextIO, total: int, done: int, name: str) -> Any:
    return _bar_class()(total=total, initial=done, desc=name, file=stream, unit="run", dynamic_ncols=True, leave=False)


@cache
def _bar_class() -> Any:
    """Return the one class of all bars, by which each bar of a process gets a line of its own."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[type-arg]
        # Without tqdm's monitor thread: this process may fork.
        monitor_interval = 0

    return Bar


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" +{len(listed) - _SHOWN_NAMES}" if len(listed) > _SHOWN_NAMES else ""
    return ", ".join(name[:40] for name in listed[:_SHOWN_NAMES]) + more


def _reason(error: str | None) -> str:
    """Return the traceback, whose last line is the first of *error*; where there is none, all of *error*."""
    heading, _, trace = (error or "").partition("\n\n")
    return trace if trace.rstrip().endswith(heading) else error or ""


def _first_line(text: str | None) -> str:
    return (text or "").split("\n", 1)[0]


def _indent(text: str) -> str:
    return textwrap.indent(text.rstrip(), "  ")


def _seconds(seconds: float) -> str:
    if seconds < 60:  # noqa: PLR2004 — a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"

"""One run's log as a `SummaryWriter` needs it: steps and times given with each call, and opened again after a close.

Owns when the log is open, which step and time a call without them gets, and that a dropped writer releases its file.
"""

from __future__ import annotations

import threading
import time
import weakref
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from pyexp.errors import LogError, LogWriteError
from pyexp.log import MAX_ITERATION, MIN_ITERATION, Item, Writer, check_tag, on_host, open_sink, to_float
from pyexp.tensorboard.writing.purging import find_survivors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pyexp.log import Content, Points, Sink


class RunLog:
    """A writer to the log of one folder, used from any thread.

    Args:
        folder: The run's folder; made when missing.
        purge_step: Hide what was logged earlier at this step and above.
        is_kept: Write at all; otherwise everything is accepted and nothing is written.

    Raises:
        LogWriteError: The folder cannot be written.
        LogError: It holds a log of the other format, or is not on this machine.
    """

    def __init__(self, folder: Path, *, purge_step: int | None, is_kept: bool) -> None:
        self.folder = folder
        self._counts: dict[tuple[str, str], count[int]] = {}
        self._default_step: int | None = None
        self._default_time: float | None = None
        self._opening = threading.Lock()
        survivors = find_survivors(folder, purge_step) if is_kept and purge_step is not None else None
        self._sink: Sink = open_sink(folder, use_protobuf=True) if is_kept else _Nowhere()
        self._writer: Writer | None = self._begin()
        if survivors is not None:
            survivors.write(self._writer)

    @property
    def is_open(self) -> bool:
        """Whether it was not closed, or was opened again."""
        return self._writer is not None

    def put_scalar(self, tag: str, value: Any, step: Any = None, walltime: float | None = None) -> None:
        """Log a number; raises as `Logger.add_scalar` does."""
        number = value if value.__class__ is float else to_float(tag, on_host(value))
        self.open().rows[tag]((self._step("scalar", tag, step), number, self._time(walltime)))

    def put(
        self,
        kind: str,
        tag: str,
        *contents: Content,
        step: Any = None,
        walltime: float | None = None,
        interactive: bool = False,
    ) -> None:
        """Log an object that is captured already."""
        check_tag(tag)
        self.open().put(
            Item(
                kind=kind,
                tag=tag,
                iteration=self._step(kind, tag, step),
                time=self._time(walltime),
                contents=contents,
                interactive=interactive,
            )
        )

    def open(self) -> Writer:
        """Return the writer, opening the log once more if it was closed; that starts no new attempt.

        Raises:
            LogWriteError: It cannot be opened any more.
        """
        writer = self._writer
        if writer is not None:
            return writer
        with self._opening:
            if self._writer is None:
                try:
                    self._sink = self._sink.reopened()
                except OSError as error:
                    raise LogWriteError(
                        f"cannot log to {str(self.folder)!r} any more: {error.strerror or error}; make a new writer"
                    ) from error
                self._writer = self._begin()
            return self._writer

    def flush(self) -> None:
        """Wait until everything logged so far is in the file; see `Logger.flush`."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Write what is pending and finish the file; see `Logger.close`."""
        writer, self._writer = self._writer, None
        if writer is not None:
            self._finalizer.detach()
            writer.close()

    @contextmanager
    def defaults(self, step: Any, walltime: float | None) -> Iterator[None]:
        """Use this step and time for calls without their own."""
        before = self._default_step, self._default_time
        self._default_step = before[0] if step is None else to_step(step)
        self._default_time = before[1] if walltime is None else float(walltime)
        try:
            yield
        finally:
            self._default_step, self._default_time = before

    def _begin(self) -> Writer:
        writer = Writer(self._sink)
        self._finalizer = weakref.finalize(self, writer.abandon)
        self._finalizer.atexit = False  # at exit the writer is closed and waited for
        return writer

    def _step(self, kind: str, tag: str, step: Any) -> int:
        if step is not None:
            return to_step(step, f" of {tag!r}")
        if self._default_step is not None:
            return self._default_step
        return next(self._counts.setdefault((kind, tag), count()))  # atomic by itself, unlike a dictionary of numbers

    def _time(self, walltime: float | None) -> float:
        if walltime is not None:
            return float(walltime)
        return time.time() if self._default_time is None else self._default_time


class _Nowhere:
    """A sink that discards everything."""

    def prepare(self, scalars: Sequence[Points], items: Sequence[tuple[Item, int]]) -> Callable[[], None]:  # noqa: ARG002
        return lambda: None

    def close(self) -> None: ...

    def release(self) -> None: ...

    def reopened(self) -> Sink:
        return self


def check_local(folder: str) -> None:
    """Refuse a URL of a remote store, which tensorboardX writes to.

    Raises:
        LogError: It is one.
    """
    if "://" in folder:
        raise LogError(f"cannot log to {folder!r}: choose a folder on this machine, and copy it after the run")


def to_step(step: Any, subject: str = "") -> int:
    """Convert a step: a Python integer, NumPy's, a 0-d tensor, a float that is whole or is cut off.

    Args:
        step: The step.
        subject: What it is the step of, for errors.

    Raises:
        TypeError: It is not a number.
        ValueError: It is none that fits in 64 bits: nan, infinite or too large.
    """
    try:
        number = int(step)
    except (TypeError, ValueError, OverflowError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"the step{subject} must be an integer; found {step!r:.100}: {error}") from error
    if not MIN_ITERATION <= number <= MAX_ITERATION:
        raise ValueError(f"the step{subject} {number} does not fit in 64 bits")
    return number

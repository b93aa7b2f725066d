"""The capture of what a run prints, in its ``log.out``: the file, and the redirection of streams in this process."""

from __future__ import annotations

import io
import os
import sys
import threading
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TextIO

from pyexp._cpython import calling_frame
from pyexp.executors.descriptor_capture import captured_descriptors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyexp.executors.descriptor_capture import DescriptorCapture


def open_log(path: Path, attempt: int) -> int:
    """Open a run's log for appending and return the descriptor; a later attempt begins with a header line.

    Raises:
        OSError: The file is a link, or cannot be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o666)
    size = os.fstat(descriptor).st_size
    if size or attempt > 1:
        now = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
        newline = "" if not size or _ends_line(path, size) else "\n"
        os.write(descriptor, f"{newline}--- attempt {attempt}, {now} ---\n".encode())
    return descriptor


@contextmanager
def captured(path: Path, attempt: int, *, is_shown: bool, has_process: bool = False) -> Iterator[None]:
    """Send what this context prints to the log *path*; with *is_shown* to the terminal as well.

    With *has_process*, nothing else in this process prints meanwhile: then what is printed past Python's streams goes
    there, too, but not while it is shown.

    Several may overlap: a context variable, which tasks and worker threads inherit, says which run a line belongs
    to. A thread that the run starts itself has none; its output goes to the only run, or else to the
    terminal.
    """
    raw = os.fdopen(open_log(path, attempt), "ab", buffering=0)
    log = io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", line_buffering=True)
    output = _Output(log, is_shown=is_shown)
    token = _output.set(output)
    try:
        with ExitStack() as stack:
            if has_process and not is_shown:
                output.descriptors = stack.enter_context(captured_descriptors(raw.fileno()))
            _routing.add(output)
            stack.callback(_routing.remove, output)
            yield
    finally:
        _output.reset(token)
        log.close()


class _Output:
    """Where one run's output goes."""

    __slots__ = ("descriptors", "is_shown", "is_suspended", "log")

    def __init__(self, log: TextIO, *, is_shown: bool) -> None:
        self.log = log
        self.is_shown = is_shown
        self.is_suspended = False
        self.descriptors: DescriptorCapture | None = None

    def suspend(self) -> None:
        """Let the run print where it did before, for a debugger."""
        self.is_suspended = True
        if self.descriptors is not None:
            self.descriptors.restore()


_output: ContextVar[_Output | None] = ContextVar("pyexp_output", default=None)


class _Router(io.TextIOBase):
    """A stand-in for a standard stream while runs are captured; passes each write on to the run it comes from."""

    def __init__(self, original: TextIO | None) -> None:
        """Replace *original*; it is None where Python was started with the stream closed."""
        self._original = _nowhere() if original is None else original

    def write(self, text: str) -> int:
        output = _routing.current()
        if output is None or output.is_suspended:
            return self._original.write(text)
        if output.is_shown:
            self._original.write(text)
        return output.log.write(text)

    def flush(self) -> None:
        output = _routing.current()
        if output is not None:
            output.log.flush()
        self._original.flush()

    def close(self) -> None:
        """Do nothing: the original belongs to others, and must not be closed when this stand-in is destroyed."""

    @property
    def buffer(self) -> Any:
        """The binary stream below, for ``sys.stdout.buffer.write``."""
        target = self._target()
        target.flush()
        return target.buffer

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the replaced stream."""
        return self._original.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """What the replaced stream does with characters that its encoding lacks."""
        return self._original.errors

    @property
    def name(self) -> Any:
        """The name of the replaced stream."""
        return self._original.name

    def __getattr__(self, name: str) -> Any:
        """Return another attribute, such as ``reconfigure``: that of the run's log, which alone it affects."""
        return getattr(self._target(), name)

    def isatty(self) -> bool:
        output = _routing.current()
        return (output is None or output.is_suspended) and self._original.isatty()

    def fileno(self) -> int:
        return self._original.fileno()

    def writable(self) -> bool:
        return True

    def _target(self) -> TextIO:
        output = _routing.current()
        return self._original if output is None or output.is_suspended else output.log


class _Routing:
    """The routers, in place while at least one run is captured."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outputs: list[_Output] = []
        self._originals: tuple[TextIO | None, TextIO | None, Any] | None = None

    def add(self, output: _Output) -> None:
        with self._lock:
            if not self._outputs:
                self._originals = (sys.stdout, sys.stderr, sys.breakpointhook)
                sys.stdout, sys.stderr = _Router(sys.stdout), _Router(sys.stderr)
                sys.breakpointhook = self._suspend_and_break
            self._outputs.append(output)

    def remove(self, output: _Output) -> None:
        with self._lock:
            self._outputs.remove(output)
            if not self._outputs and self._originals is not None:
                sys.stdout, sys.stderr, sys.breakpointhook = self._originals

    def current(self) -> _Output | None:
        output = _output.get()
        if output is not None:
            return output if output in self._outputs else None
        outputs = self._outputs
        return outputs[0] if len(outputs) == 1 and threading.current_thread() is not threading.main_thread() else None

    def _suspend_and_break(self, *args: Any, **kwargs: Any) -> Any:
        import pdb  # noqa: T100 — the user asked for it

        output = self.current()
        if output is not None:
            output.suspend()
        assert self._originals is not None
        hook = self._originals[2]
        # pdb keeps the streams it finds when it starts: those of the terminal.
        sys.stdout, routed = self._originals[0], sys.stdout
        try:
            if hook is sys.__breakpointhook__ and not os.environ.get("PYTHONBREAKPOINT"):
                # What the built-in hook does, except for the frame: it would stop in this function.
                pdb.Pdb().set_trace(calling_frame())
                return None
            return hook(*args, **kwargs)
        finally:
            sys.stdout = routed


_routing = _Routing()


@cache
def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")


def _ends_line(path: Path, size: int) -> bool:
    with open(path, "rb") as file:
        file.seek(size - 1)
        return file.read(1) == b"\n"

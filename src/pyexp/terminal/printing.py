"""Text for people, on any stream: what its encoding lacks is shown as escapes, never lost."""

from __future__ import annotations

import os
import select
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ENDED_BY_SIGPIPE: Final = 128 + 13


def encodable(text: str, stream: TextIO | None) -> str:
    r"""Return *text* as *stream* takes it; one without an encoding takes UTF-8.

    Example:
        >>> import io
        >>> encodable("naïve", io.TextIOWrapper(io.BytesIO(), "ascii"))
        'na\\xefve'
    """
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding, getattr(stream, "errors", None) or "strict")
    except UnicodeEncodeError:
        return text.encode(encoding, "backslashreplace").decode(encoding)
    return text


def say(text: str) -> None:
    """Print *text* to standard error; if that is closed, do nothing."""
    with suppress(OSError, ValueError, AttributeError):
        print(encodable(text, sys.stderr), file=sys.stderr, flush=True)  # noqa: T201 — the one place for it


def print_lines(lines: Iterable[str]) -> None:
    """Print *lines* to standard output; if its reader has exited (``| head``), the rest is dropped."""
    try:
        for line in lines:
            print(encodable(line, sys.stdout))  # noqa: T201 — asked for
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()


@contextmanager
def exits_without_reader() -> Iterator[None]:
    """Exit without a message when the block prints to standard output and its reader has exited (``| head``).

    Raises:
        SystemExit: With the status of a program that SIGPIPE ended.
        BrokenPipeError: It is another pipe of the block's that is broken.
    """
    try:
        yield
        _flush_output()
    except BrokenPipeError:
        if not _has_lost_reader():
            raise
        _drop_output()
        raise SystemExit(_ENDED_BY_SIGPIPE) from None


def _has_lost_reader() -> bool:
    if sys.platform == "win32":
        return False
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(state & select.POLLERR for _, state in poll.poll(0))


def _flush_output() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _drop_output() -> None:
    """Have standard output lead nowhere: what its buffer holds would fail again when the interpreter exits."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)

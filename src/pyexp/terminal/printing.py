"""Text for people, on any stream: what its encoding lacks is shown as escapes, never lost."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable


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
        # What is left in the stream's buffer would fail again when the interpreter exits.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)

"""All that pyexp uses of CPython without Python's promise, a function each. Tested on every version that is supported.

What is not there in another Python is replaced where there is a replacement. Imports next to nothing: it is loaded in
the process of each run.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    import threading
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType
    from typing import Any

try:  # hashlib's own: to import that loads OpenSSL, which takes longer than to hash a short file
    from _blake2 import blake2b

    if sys.version_info >= (3, 12):
        from _sha2 import sha256 as short_sha256  # type: ignore[import-not-found]
    else:
        from _sha256 import sha256 as short_sha256  # type: ignore[import-not-found]
except ImportError:  # another Python than CPython
    from hashlib import blake2b
    from hashlib import sha256 as short_sha256

try:  # without the package, which loads its decoder and `re`
    from _json import encode_basestring as quote_unicode
    from _json import encode_basestring_ascii as quote_ascii
    from _json import make_encoder as _make_encoder
except ImportError:  # another Python than CPython
    from json.encoder import py_encode_basestring as quote_unicode
    from json.encoder import py_encode_basestring_ascii as quote_ascii

    _make_encoder = None  # type: ignore[assignment, misc]

__all__ = [
    "blake2b",
    "calling_frame",
    "child_of",
    "clear_exit_handlers",
    "frame_of_thread",
    "is_foreign",
    "is_loop_running",
    "json_encoder",
    "leave_task",
    "python_options",
    "quote_ascii",
    "quote_unicode",
    "run_exit_handlers",
    "set_running_loop",
    "short_sha256",
    "starter_of",
]


def calling_frame(depth: int = 0) -> FrameType:
    """Return the frame of the function that called the caller, or the one *depth* further out."""
    return sys._getframe(depth + 2)


def child_of(folder: Path, name: str) -> Path:
    """Return ``folder / name`` where *name* is one plain name; three times faster where Python parses paths at once."""
    if sys.version_info < (3, 12):
        child: Path = folder._make_child_relpath(name)  # type: ignore[attr-defined]
        return child
    return folder / name


def frame_of_thread(ident: int | None) -> FrameType | None:
    """Return the innermost frame of a thread; None when it has ended."""
    return None if ident is None else sys._current_frames().get(ident)


def is_foreign(thread: threading.Thread) -> bool:
    """Return whether *thread* was not started by Python, and only passed through its code."""
    import threading

    return isinstance(thread, threading._DummyThread)


def is_loop_running() -> bool:
    """Return whether a loop runs in this thread, without loading asyncio."""
    events = sys.modules.get("asyncio.events")
    return events is not None and events._get_running_loop() is not None


def set_running_loop(loop: asyncio.AbstractEventLoop | None) -> None:
    """Have asyncio take *loop* for the one that runs in this thread; None for none."""
    import asyncio

    asyncio._set_running_loop(loop)


def json_encoder(
    separators: tuple[str, str], quote: Callable[[str], str] = quote_ascii, *, sort_keys: bool = False
) -> Callable[[Any], str]:
    """Return what `json.dumps` does with these arguments, for trees of what JSON holds.

    Python makes an encoder at each call, and a guard against circles: for a small value that takes longer than the
    rest.

    Args:
        separators: What stands between items, and behind a key.
        quote: Spells strings: `quote_ascii` or `quote_unicode`.
        sort_keys: Order the keys of each object.
    """
    if _make_encoder is None:
        from json import JSONEncoder

        return JSONEncoder(separators=separators, ensure_ascii=quote is quote_ascii, sort_keys=sort_keys).encode
    item, key = separators
    encode = _make_encoder(None, _refuse, quote, None, key, item, sort_keys, False, True)
    return lambda value: "".join(encode(value, 0))


def _refuse(value: object) -> None:
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def leave_task(loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any]) -> None:
    """Have asyncio forget that *task* is being executed in *loop*: for a child that was forked in it."""
    import asyncio

    asyncio.tasks._leave_task(loop, task)


def clear_exit_handlers() -> None:
    """Forget the exit handlers of this process, which are its parent's."""
    import atexit

    atexit._clear()


def run_exit_handlers() -> None:
    """Run the exit handlers of this process now.

    Raises:
        Exception: What the last one that failed raised.
    """
    import atexit

    atexit._run_exitfuncs()


def python_options() -> list[str]:
    """Return the options that this Python was started with."""
    import subprocess

    return subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined,no-any-return]


def starter_of(process: object) -> int | None:
    """Return the pid of the process that started a process of multiprocessing."""
    return getattr(process, "_parent_pid", None)


def loaders_of(finder: object) -> dict[str, type]:
    """Return the loaders of a `FileFinder` by the suffix of the files that they load; none of another finder."""
    return dict(getattr(finder, "_loaders", ()))

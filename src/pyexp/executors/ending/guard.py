"""The parent's side of the process that outlives a killed parent just long enough to end its runs.

One per batch: it holds the read end of a pipe, on which the parent names the process groups it starts. When the parent
is gone, however it went, the guard kills those groups and whatever else bears the batch's mark. It kills a parent that
hangs in a fork.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Final

import anyio

from pyexp.store import descriptors

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

MARK_VARIABLE: Final = "PYEXP_PARENT"
_GONE_S = 2.0
_FORK_PATIENCE_S = 60.0
_SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guard_process.py")


class Guard:
    """The parent's side: start the guard, name the groups, close it."""

    def __init__(self, *, looks_into_files: bool = False) -> None:
        """Make a guard that watches nothing until it is started.

        Args:
            looks_into_files: Runs bear the mark on a file that they hold open, see `hold_mark`: what others see of a
                forked process's environment is its parent's.
        """
        self.mark = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._options = ["files"] if looks_into_files else []
        self._process: subprocess.Popen[bytes] | None = None
        self._is_closed = False
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the guard's process, unless the guard has been closed meanwhile."""
        if sys.platform == "win32":
            return
        with self._lock:
            if self._is_closed:
                return
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-S",
                    _SCRIPT,
                    f"{MARK_VARIABLE}={self.mark}",
                    str(_FORK_PATIENCE_S),
                    *self._options,
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            descriptors.keep(self._pipe())

    @property
    def environment(self) -> dict[str, str]:
        """What marks a run's processes as ours."""
        return {MARK_VARIABLE: self.mark}

    def watch(self, group: int) -> None:
        """Have the process group *group* killed when this process dies."""
        self._tell(f"+{group}\n")

    def watch_reaper(self, group: int) -> None:
        """As `watch`, for a process that ends its own runs at this one's death: it gets a moment to do so first."""
        self._tell(f"*{group}\n")

    def forget(self, group: int) -> None:
        """Stop watching the process group *group*, which has ended."""
        self._tell(f"-{group}\n")

    @contextmanager
    def watch_fork(self, log: Path | None = None) -> Iterator[None]:
        """Have this process killed when the block, which forks, has not been left after a minute.

        `os.fork` keeps Python's lock: nothing in this process can end it when a library hangs over it.

        Args:
            log: Gets a sentence then; the standard error gets it in any case.
        """
        self._tell(f"?{os.fsencode(log or '').hex()}\n")
        try:
            yield
        finally:
            self._tell(".\n")

    def hold_mark(self) -> None:
        """Have this forked child, and all that it forks, hold a file open that bears the mark (Linux)."""
        if hasattr(os, "memfd_create"):
            os.memfd_create(f"{MARK_VARIABLE}={self.mark}")

    def close(self) -> None:
        """Let the guard end what is left, and wait until it has."""
        with self._lock:
            process, self._process = self._process, None
            self._is_closed = True
        if process is None or process.stdin is None:
            return
        descriptors.let_go(process.stdin.fileno())
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(_GONE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _tell(self, line: str) -> None:
        # A killed guard is no reason to fail the run: the parent-death signal still ends the run's own process.
        with self._lock, suppress(OSError):
            if self._process is not None:
                os.write(self._pipe(), line.encode())

    def _pipe(self) -> int:
        assert self._process is not None
        assert self._process.stdin is not None
        return self._process.stdin.fileno()


@asynccontextmanager
async def open_guard(*, looks_into_files: bool = False) -> AsyncIterator[Guard]:
    """Yield a started guard, closed on leaving; see `Guard` for the argument."""
    guard = Guard(looks_into_files=looks_into_files)
    try:
        # A task that is cancelled here leaves its thread behind, which still starts the process.
        await anyio.to_thread.run_sync(guard.start)
        yield guard
    finally:
        try:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(guard.close)
        finally:
            guard.close()  # no shield holds off a loop that cancels its tasks because it ends

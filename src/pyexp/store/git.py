"""Git, called for a snapshot: one time limit for all calls and what they start. Knows no snapshot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_NOTICE_S = 1.0
_FATAL = 128


class GitError(Exception):
    """A call failed; the message says which and why in a few words."""


class Patience:
    """How long one piece of work may take in all its calls.

    Args:
        timeout_s: Seconds until all calls fail.
        on_slow: Called once, in the thread of the work, when it has taken a second.
    """

    def __init__(self, timeout_s: float, on_slow: Callable[[], None] | None = None) -> None:
        self.timeout_s = timeout_s
        self._begin = time.monotonic()
        self._on_slow = on_slow

    def wait(self, process: subprocess.Popen[bytes], stdin: bytes) -> tuple[bytes, bytes]:
        """Pass *process* its input and return what it writes.

        Raises:
            subprocess.TimeoutExpired: The time is over.
        """
        given: bytes | None = stdin
        if self._on_slow is not None:
            try:
                return process.communicate(given, timeout=max(0.0, self._left(_NOTICE_S)))
            except subprocess.TimeoutExpired:
                given = None  # it continues with what it has
                self.check()
        return process.communicate(given, timeout=max(0.0, self._left(self.timeout_s)))

    def check(self) -> None:
        """Report that it takes long, once."""
        if self._on_slow is not None and self._left(_NOTICE_S) <= 0:
            say, self._on_slow = self._on_slow, None
            say()

    def _left(self, limit_s: float) -> float:
        return self._begin + limit_s - time.monotonic()


class Git:
    """Git in one folder.

    Args:
        folder: Where it is called.
        patience: How long it may take.
        environment: What its environment has in addition.
    """

    def __init__(self, folder: str, patience: Patience, environment: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self.patience = patience
        # It must not wait for the index of the user's repository, nor write it.
        self.environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", **(environment or {})}

    def within(self, environment: Mapping[str, str]) -> Git:
        """Return a copy with more variables in its environment."""
        return Git(self._folder, self.patience, {**self.environment, **environment})

    def ask(self, *arguments: str, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
        """Call git and return its exit status, output and errors.

        Raises:
            GitError: There is no git, or it takes too long.
        """
        process = self._start(arguments)
        try:
            output, errors = self._finish(process, arguments, stdin)
        finally:
            _end(process)
        return _exit_code(process, errors), output, errors

    def call(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Call git and return its output.

        Raises:
            GitError: It failed.
        """
        return _output(arguments, *self.ask(*arguments, stdin=stdin))

    def call_at_once(self, *calls: Sequence[str]) -> list[bytes]:
        """Make several calls at the same time and return their outputs.

        Raises:
            GitError: One failed.
        """
        processes: list[subprocess.Popen[bytes]] = []
        try:
            processes += map(self._start, calls)
            found = [self._finish(process, call, b"") for process, call in zip(processes, calls, strict=True)]
        finally:
            for process in processes:
                _end(process)
        return [
            _output(call, _exit_code(process, errors), output, errors)
            for call, process, (output, errors) in zip(calls, processes, found, strict=True)
        ]

    def _start(self, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                ["git", "-C", self._folder, *arguments],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=sys.platform != "win32",
            )
        except OSError as error:
            raise GitError(f"git {arguments[0]}: {error}") from error

    def _finish(self, process: subprocess.Popen[bytes], arguments: Sequence[str], stdin: bytes) -> tuple[bytes, bytes]:
        try:
            return self.patience.wait(process, stdin)
        except subprocess.TimeoutExpired as error:
            raise GitError(f"git {arguments[0]}: not done after {self.patience.timeout_s:g} s") from error


def _exit_code(process: subprocess.Popen[bytes], errors: bytes) -> int:
    """Return what git ended with; where SIGCHLD is ignored, no exit codes are kept, and `Popen` says 0."""
    is_fatal = any(line.startswith(b"fatal:") for line in errors.splitlines())
    return process.returncode or (_FATAL if is_fatal else 0)


def _output(arguments: Sequence[str], code: int, output: bytes, errors: bytes) -> bytes:
    if code:
        reasons = errors.decode(errors="replace").strip().splitlines() or [f"exit {code}"]
        fatal = next((line for line in reasons if line.startswith(("fatal:", "error:"))), reasons[0])
        raise GitError(f"git {arguments[0]}: {fatal}")
    return output


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill *process*, if it still runs, with the filters that it has started."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

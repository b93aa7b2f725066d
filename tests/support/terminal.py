"""A script on a terminal of its own, with keys to press."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import termios
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.scripts import Script

CTRL_C = b"\x03"


class Terminal:
    """*script* in the foreground of a pseudo-terminal."""

    def __init__(self, script: Script, *flags: str, env: dict[str, str] | None = None) -> None:
        self.master, slave = pty.openpty()
        self.shown = b""

        def take_terminal() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = script.start(
            *flags, env=env, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, preexec_fn=take_terminal
        )
        os.close(slave)

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def read(self, timeout_s: float = 0.01) -> None:
        """Take what is shown, so that the script is never kept waiting for its terminal."""
        while select.select([self.master], [], [], timeout_s)[0]:
            try:
                new = os.read(self.master, 65536)
            except OSError:  # the last process on the terminal has ended
                return
            if not new:
                return
            self.shown += new

    def wait(self, timeout_s: float = 30.0) -> float:
        """Wait for the script's end; gives the seconds that it took."""
        started = time.monotonic()
        while self.process.poll() is None:
            self.read()
            if time.monotonic() - started > timeout_s:
                raise subprocess.TimeoutExpired(self.process.args, timeout_s, self.shown)
        waited_s = time.monotonic() - started
        self.read()
        return waited_s

    def close(self) -> None:
        """Hang up."""
        os.close(self.master)

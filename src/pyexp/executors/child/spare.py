"""A process that is forked before its run is there, so that no run waits for the fork. Knows files, not tasks."""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING, NoReturn

from pyexp.executors.forking import fork

if TYPE_CHECKING:
    from collections.abc import Callable

assert sys.platform != "win32"


class Spare:
    """A forked process that waits for the files of its run, from the point of view of its parent.

    Attributes:
        pid: The process.
    """

    def __init__(self, live: Callable[[socket.socket], NoReturn]) -> None:
        """Fork the process.

        Args:
            live: Called in the process with its end of the channel; see `wait_for_run`.

        Raises:
            OSError: There can be no more processes, or no more open files.
        """
        self._channel, theirs = socket.socketpair()
        with theirs:
            try:
                self.pid = fork()
            except OSError:
                self._channel.close()
                raise
            if self.pid == 0:
                self._channel.close()
                live(theirs)

    def hand_over(self, log: int, mailbox: int) -> bool:
        """Send the process the files of its run; return False when it has exited meanwhile."""
        with self._channel:
            try:
                socket.send_fds(self._channel, [b"\0"], [log, mailbox])
            except OSError:
                return False
        return True

    def release(self) -> None:
        """Let the process exit; it must be waited for."""
        self._channel.close()


def wait_for_run(channel: socket.socket) -> tuple[int, int]:
    """Wait for the files of the run, called in the forked process; return its log and its mailbox.

    When the parent has no run for it, the process exits.
    """
    with channel:
        _, descriptors, _, _ = socket.recv_fds(channel, 1, 2)
    if len(descriptors) < 2:  # noqa: PLR2004 — the log and the mailbox
        os._exit(0)
    return descriptors[0], descriptors[1]

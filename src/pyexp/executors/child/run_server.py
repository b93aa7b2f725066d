"""A process that starts runs on request, reports their ends, and kills what they leave behind.

Started as a script, it imports nothing of the library, and starts each run as a program of its own. Each run adopts the
orphans below it, so that those which this process gets are of a run that has ended: they are killed, whatever their
session and environment are. The end of the socket is the end of the parent, and then everything below is killed.

A request has two descriptors: the run's log and its mailbox. What is longer than a number stands in files.
"""

from __future__ import annotations

import marshal
import os
import selectors
import signal
import socket
import struct
import sys
import time
from contextlib import suppress
from enum import IntEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

# A serial number that the parent chose.
REQUEST: Final = struct.Struct("=I")
# An `Answer`, the serial number, and a value.
ANSWER: Final = struct.Struct("=BIi")
_LENGTH: Final = struct.Struct("=Q")
_UNKNOWN_CODE: Final = 255
_ENDING_S: Final = 1.0
_POLL_S: Final = 0.01
_PR_SET_CHILD_SUBREAPER: Final = 36


class Answer(IntEnum):
    """Kinds of answers.

    Attributes:
        READY: The user's code is there; the value means nothing.
        UNREADY: It raised; the report has the error, and the server ends.
        STARTED: The run has a process; the value is its pid.
        REFUSED: There can be no more processes; the value is the error's number.
        ENDED: The run's process has ended; the value is its exit code, negative for a signal.
    """

    READY = 1
    UNREADY = 2
    STARTED = 3
    REFUSED = 4
    ENDED = 5


def pack_program(argv: Sequence[str], changes: Mapping[str, str | None], folder: str | None) -> bytes:
    """Pack what stands at the beginning of the mailbox of a run that is a program.

    Args:
        argv: The program by its full path, and its arguments.
        changes: What is different from the server's environment; None for a variable that is not set.
        folder: The working directory; None for the server's.
    """
    order = marshal.dumps((list(argv), dict(changes), folder))
    return _LENGTH.pack(len(order)) + order


assert sys.platform != "win32"


_NOT_INHERITED: Final = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class RunServer:
    """Starts runs and reports their ends. A subclass defines how a run is started."""

    def __init__(self, connection: socket.socket) -> None:
        """Take over *connection*, to the parent; what this process has started so far is not a run's."""
        self._connection = connection
        self._serials: dict[int, int] = {}
        # Groups of ended runs that still have members, which the parent ends in its own time.
        self._lingering: set[int] = set()
        self._group = os.getpgrp()
        self._helpers = set(list_children(os.getpid()))
        self._selector = selectors.DefaultSelector()
        self._woken, self._wakes = socket.socketpair()
        for end in (self._woken, self._wakes):
            end.setblocking(False)
        self._wakeup_before = signal.set_wakeup_fd(self._wakes.fileno(), warn_on_full_buffer=False)
        self._handler_before = signal.signal(signal.SIGCHLD, lambda *_: None)

    def start_run(self, log: int, mailbox: int) -> int:
        """Start a run with these files, close them, and return its pid.

        Raises:
            OSError: There can be no more processes.
        """
        raise NotImplementedError

    def prepare_next(self) -> None:
        """Do what can be done for the next run before it is requested."""

    def serve(self) -> None:
        """Start runs until the parent is gone; then kill what is left of them."""
        self._selector.register(self._connection, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self.prepare_next()
        while self._take_turn():
            pass
        self.end_runs()

    def leave(self) -> None:
        """Undo, in a forked child, what the server set up for itself."""
        signal.set_wakeup_fd(self._wakeup_before)
        signal.signal(signal.SIGCHLD, self._handler_before or signal.SIG_DFL)
        self._selector.close()
        for end in (self._connection, self._woken, self._wakes):
            end.close()

    def reap(self) -> None:
        """Report the runs that have ended, and kill what they left outside of their process groups (Linux)."""
        for pid in list(self._serials):
            code = exit_code(pid)
            if code is not None:
                self._lingering.add(pid)
                answer(self._connection, Answer.ENDED, self._serials.pop(pid), code)
        self._lingering = {group for group in self._lingering if _is_group(group)}
        self._end_orphans()

    def end_runs(self) -> None:
        """Kill every run, and everything that runs started."""
        for group in self._serials.keys() | self._lingering:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        for pid in self._serials:  # one that was started just now has no group yet
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._lingering.clear()
        deadline = time.monotonic() + _ENDING_S
        while time.monotonic() < deadline:
            for pid in [pid for pid in self._serials if exit_code(pid) is not None]:
                del self._serials[pid]
            if not self._end_orphans() and not self._serials:
                break
            time.sleep(_POLL_S)

    def own_processes(self) -> set[int]:
        """Return the children of this process that are not orphans of a run."""
        return self._helpers | self._serials.keys()

    def _take_turn(self) -> bool:
        """Do what there is to do; return False when the parent is gone."""
        ready = [key.fileobj for key, _ in self._selector.select()]
        if self._woken in ready:
            with suppress(BlockingIOError):
                self._woken.recv(4096)
            self.reap()
        return self._connection not in ready or self._take_request()

    def _take_request(self) -> bool:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._connection, REQUEST.size, 2, _NOT_INHERITED)
        except ConnectionError:
            return False
        if len(data) < REQUEST.size or len(descriptors) < 2:  # noqa: PLR2004 — the log and the mailbox
            return False
        (serial,) = REQUEST.unpack(data)
        try:
            pid = self.start_run(*descriptors)
        except OSError as error:
            answer(self._connection, Answer.REFUSED, serial, error.errno or 0)
        else:
            self._serials[pid] = serial
            self.prepare_next()
            # Not before: the parent waits for the answer with a limit, and so for every fork.
            answer(self._connection, Answer.STARTED, serial, pid)
        return True

    def _end_orphans(self) -> bool:
        """Kill the orphans of ended runs, now children of this process; return whether there were any."""
        found = False
        for pid in set(list_children(os.getpid())) - self.own_processes():
            with suppress(ProcessLookupError):  # a thread of the script's waits for every child
                group = os.getpgid(pid)
                if group == self._group:  # the script's own
                    continue
                found = True
                if group not in self._lingering:
                    os.kill(pid, signal.SIGKILL)
                exit_code(pid)
        return found


class ProgramServer(RunServer):
    """Starts each run as a program, which its mailbox names."""

    _adopts = False

    def start_run(self, log: int, mailbox: int) -> int:
        """Start the program; what the mailbox holds after its order is the program's to read. See `RunServer`.

        The program makes a session of its own: not every C library can have it begin in one.
        """
        try:
            (length,) = _LENGTH.unpack(os.read(mailbox, _LENGTH.size))
            argv, changes, folder = marshal.loads(os.read(mailbox, length))  # noqa: S302 — the parent wrote it
            if folder is not None:
                os.chdir(folder)
            return os.posix_spawn(
                argv[0],
                argv,
                {name: value for name, value in (os.environ | changes).items() if value is not None},
                file_actions=[(os.POSIX_SPAWN_DUP2, file, to) for file, to in ((mailbox, 0), (log, 1), (log, 2))],
                setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],  # Python ignores them
            )
        finally:
            os.close(log)
            os.close(mailbox)

    def prepare_next(self) -> None:
        """Adopt orphans from now on: not before the first run is started, which need not wait for it."""
        if self._serials and not self._adopts:
            self._adopts = True
            _adopt_orphans()


def _adopt_orphans() -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def list_children(pid: int) -> list[int]:
    """Return the pids of the children of the process *pid*, also of dead ones (Linux; elsewhere none)."""
    found: list[int] = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                found += map(int, file.read().split())
    return found


def exit_code(pid: int) -> int | None:
    """Return the exit code of the child *pid*, None while it lives."""
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # a thread of the script's waits for every child
        return _UNKNOWN_CODE
    return os.waitstatus_to_exitcode(status) if ended else None


def answer(connection: socket.socket, kind: Answer, serial: int = 0, value: int = 0) -> None:
    """Send an answer to the parent."""
    with suppress(OSError):  # the parent is gone: the next look at the connection shows it
        connection.sendall(ANSWER.pack(kind, serial, value))


def take_connection() -> socket.socket:
    """Take the socket to the parent from standard input, which is the null device from now on."""
    connection = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return connection


def _is_group(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except OSError:
        return False
    return True


def main() -> None:
    """Run the server from its start to its exit."""
    ProgramServer(take_connection()).serve()


if __name__ == "__main__":
    main()

"""The process that runs are forked from: it makes the user's code ready once, then forks a child for each request.

It has no parent-death signal, which would leave the runs' own children behind: the end of the socket is the parent's
end, and then it kills what it started. Its runs have that signal, and die with it.
"""

from __future__ import annotations

import atexit
import gc
import os
import pickle
import selectors
import signal
import socket
import sys
import time
from contextlib import suppress
from functools import partial
from typing import IO, TYPE_CHECKING, Any, NoReturn

from pyexp import _random_recorder
from pyexp.executors.child.child import live, prepare_process, prepare_streams
from pyexp.executors.child.forkserver_protocol import ANSWER, REQUEST, Answer, Report
from pyexp.executors.child.payload import make_script
from pyexp.executors.child.random_state import keep_random_state, settle_random_state
from pyexp.executors.child.spare import Spare, wait_for_run
from pyexp.executors.ending.processes import adopt_orphans, list_children, load_libc
from pyexp.executors.forking import find_hazards
from pyexp.executors.invoke import describe_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyexp.task import Task

assert sys.platform != "win32"

_UNKNOWN_CODE = 255
_ENDING_S = 1.0
_POLL_S = 0.01


def serve(connection: socket.socket, package_file: IO[bytes], package: bytes) -> NoReturn:
    """Make the code in *package* ready, report to *package_file*, fork runs until *connection* ends, and end."""
    try:
        prepare_streams()
        _random_recorder.install()
        load_libc()  # here once, not in every child
        adopt_orphans()
        try:
            take_task = make_ready(package)
        except BaseException as error:  # the user's code runs here
            Report(error=describe_error(error)).post(package_file)
            _tell(connection, Answer.UNREADY)
        else:
            _flush()
            Report(hazards=find_hazards(has_loop=False)).post(package_file)
            package_file.close()
            ForkServer(connection, take_task).serve()
        with suppress(BaseException):  # an exit handler of the user's may raise anything
            atexit._run_exitfuncs()
        _flush()
    finally:
        os._exit(0)


def make_ready(package: bytes) -> Callable[[bytes], Task]:
    """Make the user's code ready in this process, once for all runs.

    Args:
        package: Origin, package and joint of the user's code, pickled.

    Returns:
        Called in a run's process: makes the task of what `executors.local.forkserver.pack_task` made.
    """
    # What every run would import for itself: its task is a config and a path.
    import pathlib  # noqa: F401

    import pyexp.config.config  # noqa: F401
    from pyexp.task import Task

    body = make_script(*pickle.loads(package)).take_body()
    if body.is_async:
        import asyncio  # noqa: F401
    return lambda payload: Task(body=body, **pickle.loads(payload))


class ForkServer:
    """Forks runs and tells of their ends. Everything that it opens here is closed in the runs."""

    def __init__(self, connection: socket.socket, take_task: Callable[[bytes], Task]) -> None:
        """Take over *connection*; the user's code is ready.

        Args:
            connection: To the parent.
            take_task: Makes a run's task of its payload, in the run's process.
        """
        self._connection = connection
        self._take_task = take_task
        self._serials: dict[int, int] = {}
        self._spare: Spare | None = None
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

    def serve(self) -> None:
        """Fork runs until the parent is gone; then kill what is left of them."""
        self._selector.register(self._connection, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        gc.collect()
        gc.freeze()  # a collection in a child would copy every page that it looks at
        _tell(self._connection, Answer.READY)
        self._fork_spare()
        while self._take_turn():
            pass
        self._end_runs()

    def _take_turn(self) -> bool:
        """Do what there is to do; False when the parent is gone."""
        ready = [key.fileobj for key, _ in self._selector.select()]
        if self._woken in ready:
            with suppress(BlockingIOError):
                self._woken.recv(4096)
            self._reap()
        return self._connection not in ready or self._take_request()

    def _take_request(self) -> bool:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._connection, REQUEST.size, 2)
        except ConnectionError:
            return False
        if len(data) < REQUEST.size or len(descriptors) < 2:  # noqa: PLR2004 — the log and the mailbox
            return False
        (serial,) = REQUEST.unpack(data)
        try:
            pid = self._start_run(*descriptors)
        except OSError as error:
            _tell(self._connection, Answer.REFUSED, serial, error.errno or 0)
        else:
            self._serials[pid] = serial
            self._fork_spare()
            # Now only: the parent waits for the answer, and so for every fork, with patience.
            _tell(self._connection, Answer.FORKED, serial, pid)
        return True

    def _start_run(self, log: int, mailbox: int) -> int:
        """Have the spare process execute a run, or a new one; close the descriptors and return its pid."""
        spare, self._spare = self._spare, None
        try:
            if spare is None or not spare.hand_over(log, mailbox):
                spare = self._fork()
                spare.hand_over(log, mailbox)
        finally:
            os.close(log)
            os.close(mailbox)
        return spare.pid

    def _fork_spare(self) -> None:
        """Fork the process of the next run, while this run works."""
        with suppress(OSError):  # there can be no more processes now: the next run tries again
            self._spare = self._fork()

    def _fork(self) -> Spare:
        _flush()  # what waits in a buffer would come out of every child
        return Spare(partial(self._live, os.getpid(), keep_random_state()))

    def _live(self, server: int, kept: tuple[Any, ...] | None, channel: socket.socket) -> NoReturn:
        """The whole life of a run's process; never returns into the server's code."""
        try:
            os.setsid()
            self._leave()
            prepare_process(server)
            settle_random_state(kept)
            log, mailbox = wait_for_run(channel)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.close(log)
            os.set_inheritable(mailbox, False)
            file = os.fdopen(mailbox, "r+b", buffering=0)
            live(file, partial(self._get_task, file))
        finally:
            os._exit(1)

    def _leave(self) -> None:
        """Undo what the server set up for itself, and what is the server's to do at its end."""
        signal.set_wakeup_fd(self._wakeup_before)
        signal.signal(signal.SIGCHLD, self._handler_before or signal.SIG_DFL)
        self._selector.close()
        for end in (self._connection, self._woken, self._wakes):
            end.close()
        atexit._clear()

    def _get_task(self, mailbox: IO[bytes]) -> Task:
        changes, folder, payload = pickle.loads(mailbox.read())
        for name, value in changes.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        if folder is not None:
            os.chdir(folder)
        return self._take_task(payload)

    def _reap(self) -> None:
        """Tell of the runs that have ended, and kill what they left outside of their process groups (Linux)."""
        for pid in list(self._serials):
            code = _exit_code(pid)
            if code is not None:
                self._lingering.add(pid)
                _tell(self._connection, Answer.ENDED, self._serials.pop(pid), code)
        if self._spare is not None and _exit_code(self._spare.pid) is not None:
            self._spare.release()
            self._spare = None
        self._lingering = {group for group in self._lingering if _is_group(group)}
        self._end_orphans()

    def _end_orphans(self) -> bool:
        """Kill the orphans of ended runs; they became this process's children. Whether there were some."""
        found = False
        for pid in self._strangers():
            with suppress(ProcessLookupError):  # a thread of the script's waits for every child
                group = os.getpgid(pid)
                if group == self._group:  # the script's own
                    continue
                found = True
                if group not in self._lingering:
                    os.kill(pid, signal.SIGKILL)
                _exit_code(pid)
        return found

    def _strangers(self) -> set[int]:
        spare = set() if self._spare is None else {self._spare.pid}
        return set(list_children(os.getpid())) - self._helpers - self._serials.keys() - spare

    def _end_spare(self) -> None:
        if self._spare is not None:
            self._spare.release()
            with suppress(ChildProcessError):  # a thread of the script's waits for every child
                os.waitpid(self._spare.pid, 0)
            self._spare = None

    def _end_runs(self) -> None:
        """Kill every run, and everything that runs started."""
        self._end_spare()
        for group in self._serials.keys() | self._lingering:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        for pid in self._serials:  # one that was forked just now has no group yet
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._lingering.clear()
        deadline = time.monotonic() + _ENDING_S
        while time.monotonic() < deadline:
            for pid in [pid for pid in self._serials if _exit_code(pid) is not None]:
                del self._serials[pid]
            if not self._end_orphans() and not self._serials:
                break
            time.sleep(_POLL_S)


def _exit_code(pid: int) -> int | None:
    """The exit code of the child *pid*, None while it lives."""
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # a thread of the script's waits for every child
        return _UNKNOWN_CODE
    return os.waitstatus_to_exitcode(status) if ended else None


def _is_group(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except OSError:
        return False
    return True


def _tell(connection: socket.socket, answer: Answer, serial: int = 0, value: int = 0) -> None:
    with suppress(OSError):  # the parent is gone: the next look at the connection says so
        connection.sendall(ANSWER.pack(answer, serial, value))


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # a full disk, or an object of the user's
            stream.flush()
    load_libc().fflush(None)

"""The process that runs are forked from: it makes the user's code ready once, then forks a child for each request.

It has no parent-death signal, which would leave the runs' own children behind: the end of the socket is the parent's
end, and then it kills what it started. Its runs have that signal, and die with it.
"""

from __future__ import annotations

import gc
import os
import pickle
import sys
from contextlib import suppress
from functools import partial
from typing import IO, TYPE_CHECKING, Any, NoReturn

from pyexp import _random_recorder
from pyexp._cpython import clear_exit_handlers, run_exit_handlers
from pyexp._libc import load_libc
from pyexp.executors.child.child import live, prepare_process, prepare_streams
from pyexp.executors.child.forkserver_report import Report
from pyexp.executors.child.payload import make_script
from pyexp.executors.child.random_state import keep_random_state, settle_random_state
from pyexp.executors.ending.processes import adopt_orphans
from pyexp.executors.forking import find_hazards
from pyexp.executors.invoke import describe_error

if sys.platform != "win32":
    from pyexp.executors.child.run_server import Answer, RunServer, answer, exit_code
    from pyexp.executors.child.spare import Spare, wait_for_run

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from pyexp.task import Task

assert sys.platform != "win32"


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
            answer(connection, Answer.UNREADY)
        else:
            _flush()
            Report(hazards=find_hazards(has_loop=False)).post(package_file)
            package_file.close()
            ForkServer(connection, take_task).serve()
        with suppress(BaseException):  # an exit handler of the user's may raise anything
            run_exit_handlers()
        _flush()
    finally:
        os._exit(0)


def make_ready(package: bytes) -> Callable[[bytes], Task]:
    """Make the user's code ready in this process, once for all runs.

    Args:
        package: Origin, package and joint of the user's code, pickled.

    Returns:
        Called in a run's process: makes the task of what `executors.local.forkserver` packed.
    """
    # What every run would import for itself: its task is a config and a path.
    import pathlib  # noqa: F401

    import pyexp.config.config  # noqa: F401
    from pyexp.task import Task

    body = make_script(*pickle.loads(package)).take_body()
    if body.is_async:
        import asyncio  # noqa: F401
    if getattr(body, "may_log", True):
        from pyexp.executors.journal import import_log

        import_log()
    return lambda payload: Task(body=body, **pickle.loads(payload))


class ForkServer(RunServer):
    """Forks runs from the user's code. Everything that it opens here is closed in the runs."""

    def __init__(self, connection: socket.socket, take_task: Callable[[bytes], Task]) -> None:
        """Take over *connection*; the user's code is ready.

        Args:
            connection: To the parent.
            take_task: Makes a run's task of its payload, in the run's process.
        """
        super().__init__(connection)
        self._take_task = take_task
        self._spare: Spare | None = None
        gc.collect()
        gc.freeze()  # a collection in a child would copy every page that it looks at
        answer(connection, Answer.READY)

    def start_run(self, log: int, mailbox: int) -> int:
        """Have the spare process execute a run, or a new one; see `RunServer`."""
        spare, self._spare = self._spare, None
        try:
            if spare is None or not spare.hand_over(log, mailbox):
                spare = self._fork()
                spare.hand_over(log, mailbox)
        finally:
            os.close(log)
            os.close(mailbox)
        return spare.pid

    def prepare_next(self) -> None:
        """Fork the process of the next run, while this run works."""
        with suppress(OSError):  # there can be no more processes now: the next run tries again
            self._spare = self._fork()

    def reap(self) -> None:
        """Notice a spare process that was killed; see `RunServer`."""
        if self._spare is not None and exit_code(self._spare.pid) is not None:
            self._spare.release()
            self._spare = None
        super().reap()

    def end_runs(self) -> None:
        """End the spare process, too; see `RunServer`."""
        if self._spare is not None:
            self._spare.release()
            with suppress(ChildProcessError):  # a thread of the script's waits for every child
                os.waitpid(self._spare.pid, 0)
            self._spare = None
        super().end_runs()

    def own_processes(self) -> set[int]:
        """Count the spare process in; see `RunServer`."""
        return super().own_processes() | (set() if self._spare is None else {self._spare.pid})

    def _fork(self) -> Spare:
        _flush()  # what waits in a buffer would come out of every child
        return Spare(partial(self._live, os.getpid(), keep_random_state()))

    def _live(self, server: int, kept: tuple[Any, ...] | None, channel: socket.socket) -> NoReturn:
        """Live the whole life of a run's process; never return into the server's code."""
        try:
            os.setsid()
            self.leave()
            clear_exit_handlers()  # they are the server's to call
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


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # a full disk, or an object of the user's
            stream.flush()
    load_libc().fflush(None)

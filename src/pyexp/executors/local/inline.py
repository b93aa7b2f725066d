"""Every run in this process: no isolation, but a debugger reaches the code."""

from __future__ import annotations

import asyncio
import copy
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, ClassVar, Final

import anyio

from pyexp._cpython import set_running_loop
from pyexp.executors.base import Executor, Session
from pyexp.executors.capture import captured
from pyexp.executors.invoke import run_task, run_task_async
from pyexp.executors.limits import unlimited
from pyexp.store.layout import RunPaths
from pyexp.task import Failed, Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from pyexp.task import Body, Task


_SHARED: Final = (
    "the runs share this process: log.out has what their Python code prints, but what child processes and C code print "
    "goes to the terminal; to have that, too, use the executor 'subprocess'"
)


class InlineExecutor(Executor):
    """Run each config in this process.

    An ``async def`` experiment shares the running loop, so runs overlap. A synchronous one has the main thread when the
    session gives it (then ``pdb`` works), and a worker thread otherwise.
    """

    is_isolated: ClassVar[bool] = False

    _session: Session

    @asynccontextmanager
    async def open(self, session: Session) -> AsyncIterator[Executor]:
        """Keep the session; say what is not captured of runs that share this process."""
        bound = copy.copy(self)
        bound._session = session
        if not bound._blocks:
            session.note(_SHARED)
        yield bound

    def needs_main_thread(self, body: Body) -> bool:
        """Return whether *body* is synchronous: it blocks the thread that calls it."""
        return not body.is_async

    @property
    def _blocks(self) -> bool:
        """Whether a run has this process to itself: it blocks the main thread."""
        return self._session.has_main_thread and not self._session.body.is_async

    async def execute(self, task: Task) -> Outcome:
        """Execute *task* here; only asynchronous ones can be cancelled."""
        self._session.code.compare()
        blocks = self._blocks
        try:
            log, is_shown = RunPaths(task.out).log, blocks and not task.is_captured
            with captured(log, task.attempt, is_shown=is_shown, has_process=blocks):
                if task.body.is_async:
                    return await run_task_async(task)
                if blocks:
                    with _no_loop():
                        return run_task(task)
                return await anyio.to_thread.run_sync(run_task, task, limiter=unlimited())
        except OSError as error:
            return Failed(error=f"{type(error).__name__}: the run's log could not be written: {error}")


@contextmanager
def _no_loop() -> Iterator[None]:
    """Hide the running loop from a function that blocks it, so that the function may run one of its own."""
    loop = asyncio.get_running_loop()
    set_running_loop(None)
    try:
        yield
    finally:
        set_running_loop(loop)

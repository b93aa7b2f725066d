"""Executes the runs of a started batch: joins the dispatcher, the console, and the listener for results."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import anyio

from pyexp.executors.base import Session
from pyexp.scheduler.dispatch import Dispatcher
from pyexp.scheduler.events import Event, RunFinished, RunStarted
from pyexp.terminal.console import Console
from pyexp.terminal.live_output import LiveOutput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from anyio.streams.memory import MemoryObjectReceiveStream

    from pyexp.runner.settings import Settings
    from pyexp.runner.start.begin import StartedBatch
    from pyexp.runner.start.decision_kinds import Executing
    from pyexp.task import Body


_SHOWN_FILES = 3


class Execution:
    """One execution of the runs of a batch.

    Attributes:
        session: What the executor is given; a signal handler sets its events.
        timestamp: The batch, as a continuing start names it.
    """

    def __init__(
        self,
        decision: Executing,
        started: StartedBatch,
        body: Body,
        settings: Settings,
        *,
        owns_loop: bool = False,
        has_main_thread: bool = False,
    ) -> None:
        """Make the session.

        Args:
            decision: What executes the runs, and their limits.
            started: The batch, and the runs to execute.
            body: The experiment.
            settings: What is shown.
            owns_loop: The loop is there for this execution alone.
            has_main_thread: The loop will run in the main thread.
        """
        capacity = decision.capacity
        self._decision = decision
        self._started = started
        self._is_captured = settings.is_captured
        self.timestamp = started.batch.paths.timestamp
        self.session = Session(
            body=body,
            jobs=capacity.jobs,
            owns_loop=owns_loop,
            code=started.code,
            has_main_thread=has_main_thread and capacity.needs_main_thread,
            note=lambda text: self._console.say(f"note: {text}"),
        )
        self._live: LiveOutput | None = None
        if not settings.is_captured and not self.session.has_main_thread:
            is_prefixed = capacity.jobs != 1 and len(started.folders) > 1
            self._live = LiveOutput(started.batch, started.folders, is_prefixed=is_prefixed)
        self._console = Console(
            decision.name,
            started.batch,
            count=len(started.folders),
            cached=started.cached,
            notes=started.notes,
            has_bar=settings.is_captured,
            is_quiet=settings.quiet,
        )
        self._listener: Callable[[RunFinished], None] | None = None
        self._has_said_changes = False

    async def execute(self, on_finished: Callable[[RunFinished], None] | None = None) -> None:
        """Execute the runs, and show how it goes.

        Raises:
            PyexpError: The batch cannot continue; what ran so far is recorded.
        """
        self._listener = on_finished
        send, receive = anyio.create_memory_object_stream[Event](math.inf)
        with send, receive:
            dispatcher = Dispatcher(
                self._started.batch,
                self._decision.capacity.executor,
                self.session,
                limits=self._decision.limits,
                events=send,
                is_captured=self._is_captured,
                commit=self._started.commit,
            )
            self._console.begin()
            try:
                await self._dispatch(dispatcher, receive)
            finally:
                self._drain(receive)
                self._console.end()

    async def _dispatch(self, dispatcher: Dispatcher, receive: MemoryObjectReceiveStream[Event]) -> None:
        failure: Exception | None = None
        async with anyio.create_task_group() as helpers:
            helpers.start_soon(self._listen, receive)
            if self._live is not None:
                helpers.start_soon(self._live.follow)
            try:
                await dispatcher.dispatch(self._started.folders)
            except Exception as error:  # kept out of the task group, which would wrap it
                failure = error
            helpers.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _listen(self, receive: MemoryObjectReceiveStream[Event]) -> None:
        async for event in receive:
            self._take(event)

    def _drain(self, receive: MemoryObjectReceiveStream[Event]) -> None:
        while True:
            try:
                self._take(receive.receive_nowait())
            except anyio.WouldBlock:
                return

    def _take(self, event: Event) -> None:
        if self._live is not None and isinstance(event, RunStarted):
            self._live.start(event.folder, event.name)
        if self._live is not None and isinstance(event, RunFinished):
            self._live.finish(event.folder)
        self._console.show(event)
        if isinstance(event, RunFinished) and event.state.code_changed and not self._has_said_changes:
            self._has_said_changes = True
            self._console.say(f"note: {_describe_changes(event.state.code_changed)}")
        if self._listener is not None and isinstance(event, RunFinished):
            self._listener(event)


def _describe_changes(files: Sequence[str]) -> str:
    more = len(files) - _SHOWN_FILES
    shown = ", ".join(files[:_SHOWN_FILES]) + (f" and {more} more" if more > 0 else "")
    return (
        f"the code has changed since the start ({shown}), and no snapshot keeps it: runs from now on may use other "
        f"code than those before"
    )

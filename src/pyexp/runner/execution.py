"""Executes a plan: joins the dispatcher, the console, and whoever wants the results as they come."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import anyio

from pyexp.executors.base import Session
from pyexp.executors.local.inline import InlineExecutor
from pyexp.scheduler.dispatch import Dispatcher, Limits
from pyexp.scheduler.events import Event, RunFinished, RunStarted
from pyexp.scheduler.retry import RetryPolicy
from pyexp.terminal.console import Console
from pyexp.terminal.live_output import LiveOutput

if TYPE_CHECKING:
    from collections.abc import Callable

    from anyio.streams.memory import MemoryObjectReceiveStream

    from pyexp.runner.capacity import Means
    from pyexp.runner.plan import Plan
    from pyexp.runner.settings import Settings
    from pyexp.task import Body


class Execution:
    """One execution of a plan.

    Attributes:
        session: What the executor is told; a signal handler sets its events.
    """

    def __init__(
        self,
        plan: Plan,
        means: Means,
        body: Body,
        settings: Settings,
        *,
        owns_loop: bool = False,
        has_main_thread: bool = False,
    ) -> None:
        """Settle the limits.

        Args:
            plan: What runs.
            means: What runs it.
            body: The experiment.
            settings: The limits.
            owns_loop: The loop is there for this execution alone.
            has_main_thread: The loop will run in the main thread.
        """
        self._plan = plan
        self._means = means
        self._settings = settings
        is_inline = isinstance(means.executor, InlineExecutor)
        self.session = Session(
            body=body,
            jobs=means.jobs,
            owns_loop=owns_loop,
            has_main_thread=has_main_thread and is_inline and means.jobs == 1 and not body.is_async,
            note=lambda text: self._console.say(f"note: {text}"),
        )
        self._timeout_s = settings.timeout
        if settings.timeout is not None and not means.executor.can_stop(body):
            self._timeout_s = None
            plan.notes.append(
                f"timeout={settings.timeout:g} has no effect: a synchronous run in this process cannot be ended from "
                f"outside; use the executor 'subprocess' or 'fork'"
            )
        self._live: LiveOutput | None = None
        if not settings.is_captured and not self.session.has_main_thread:
            self._live = LiveOutput(plan.batch, plan.folders, is_prefixed=means.jobs != 1 and len(plan.folders) > 1)
        self._console = Console(
            plan.name,
            plan.batch,
            count=len(plan.folders),
            cached=plan.cached,
            notes=plan.notes,
            has_bar=settings.is_captured,
        )
        self._listener: Callable[[RunFinished], None] | None = None

    async def execute(self, on_finished: Callable[[RunFinished], None] | None = None) -> None:
        """Execute the runs, and show how it goes.

        Raises:
            PyexpError: The batch cannot go on; what ran so far is recorded.
        """
        self._listener = on_finished
        send, receive = anyio.create_memory_object_stream[Event](math.inf)
        with send, receive:
            dispatcher = Dispatcher(
                self._plan.batch,
                self._means.executor,
                self.session,
                limits=self._limits(),
                events=send,
                is_captured=self._settings.is_captured,
                commit=self._plan.commit,
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
                await dispatcher.dispatch(self._plan.folders)
            except Exception as error:  # kept out of the task group, which would wrap it
                failure = error
            helpers.cancel_scope.cancel()
        if failure is not None:
            raise failure

    def _limits(self) -> Limits:
        return Limits(
            timeout_s=self._timeout_s,
            retry=RetryPolicy(retries=self._settings.retries),
            fail_fast=self._settings.fail_fast,
            gpus=self._settings.gpus,
            devices=self._means.devices,
        )

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
        if self._listener is not None and isinstance(event, RunFinished):
            self._listener(event)

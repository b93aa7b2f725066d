"""Configs, runs, report: the three phases, in a thread that may wait and in a loop that may not."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio

from pyexp.runner.execution import Execution
from pyexp.runner.plan import Plan, make_plan, plan_lines
from pyexp.runner.report import make_report, require_all_passed
from pyexp.runner.signals import BatchStopped, StopSignals
from pyexp.terminal.printing import print_lines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from pyexp.definition.declaration import Declaration
    from pyexp.runner.settings import Settings
    from pyexp.runner.watching import Watch
    from pyexp.scheduler.events import RunFinished


class _Stopper:
    """Cancels a scope of a loop from any thread or signal handler, also before the loop has started."""

    def __init__(self) -> None:
        self._scope: anyio.CancelScope | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        if self._loop is not None and self._scope is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._scope.cancel)

    async def run(self, function: Callable[[], Coroutine[Any, Any, None]], *, is_stopped: threading.Event) -> None:
        self._scope = anyio.CancelScope()
        self._loop = asyncio.get_running_loop()
        with self._scope:
            if not is_stopped.is_set():
                await function()


def prepare(declaration: Declaration, settings: Settings) -> Plan | None:
    """Make the plan, or with ``dry_run`` print it and give None.

    Raises:
        PyexpError: It cannot be made.
    """
    if settings.dry_run:
        print_lines(plan_lines(declaration, settings))
        return None
    return make_plan(declaration, settings)


def execute(plan: Plan, declaration: Declaration, settings: Settings) -> None:
    """Execute *plan* and wait: in a loop of this thread, or of a worker thread where a loop is already running here.

    The batch is let go of by the caller.

    Raises:
        BatchStopped: A signal stopped it.
        PyexpError: It cannot go on.
    """
    if plan.means is None:
        return
    has_loop = _is_loop_running()
    is_main = threading.current_thread() is threading.main_thread()
    execution = Execution(
        plan, plan.means, declaration.body, settings, owns_loop=True, has_main_thread=is_main and not has_loop
    )
    stopper = _Stopper()

    async def main() -> None:
        await stopper.run(execution.execute, is_stopped=execution.session.stopping)

    if has_loop:
        _run_in_thread(main, execution, stopper)
        return
    with StopSignals(execution.session) as signals:
        signals.connect(stopper.stop)
        anyio.run(main)
    if signals.received is not None:
        raise BatchStopped(signals.received, plan.batch.paths.timestamp)


def report(plan: Plan, declaration: Declaration, settings: Settings) -> Any:
    """Make the report, an asynchronous one too, and apply ``strict``.

    Raises:
        ExperimentsFailedError: With ``strict``, when some run did not pass.
    """
    value = make_report(declaration, plan.batch)
    if hasattr(value, "__await__"):

        async def wait() -> Any:
            return await value

        value = _call_in_thread(lambda: anyio.run(wait)) if _is_loop_running() else anyio.run(wait)
    if settings.strict:
        require_all_passed(plan.batch)
    return value


async def run_async(declaration: Declaration, settings: Settings, watch: Watch) -> Any:
    """All three phases in the caller's loop, which is never blocked; cancelling ends every child first."""
    plan = await _prepare_in_thread(declaration, settings)
    if plan is None:
        return None
    await _execute_async(plan, declaration, settings, watch)
    value = await anyio.to_thread.run_sync(make_report, declaration, plan.batch)
    if hasattr(value, "__await__"):
        value = await value
    if settings.strict:
        await anyio.to_thread.run_sync(require_all_passed, plan.batch)
    return value


async def stream_results(declaration: Declaration, settings: Settings, watch: Watch) -> AsyncIterator[Any]:
    """Execute, and give each result when its run has finished; leaving early ends the children."""
    plan = await _prepare_in_thread(declaration, settings)
    if plan is None:
        return
    finished: asyncio.Queue[RunFinished | None] = asyncio.Queue()

    async def execute_plan() -> None:
        try:
            await _execute_async(plan, declaration, settings, watch, finished.put_nowait)
        finally:
            finished.put_nowait(None)

    # A task of its own, owned by this generator: a task group would put the consumer's code inside a scope of ours.
    task = asyncio.create_task(execute_plan())
    try:
        while (event := await finished.get()) is not None:
            record = await anyio.to_thread.run_sync(plan.batch.examine, event.folder)
            yield declaration.make_item(plan.batch, record)
        await task
    finally:
        task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait([task])
        if not task.cancelled():
            task.exception()
    if settings.strict:
        await anyio.to_thread.run_sync(require_all_passed, plan.batch)


async def _prepare_in_thread(declaration: Declaration, settings: Settings) -> Plan | None:
    """`prepare` off the loop; when cancelled, wait for it and let go of the batch that it made."""
    making = asyncio.ensure_future(asyncio.to_thread(prepare, declaration, settings))
    try:
        return await asyncio.shield(making)
    except asyncio.CancelledError:
        with anyio.CancelScope(shield=True):
            await asyncio.wait([making])
        if making.exception() is None and (plan := making.result()) is not None:
            plan.release()
        raise


async def _execute_async(
    plan: Plan,
    declaration: Declaration,
    settings: Settings,
    watch: Watch,
    on_finished: Callable[[RunFinished], None] | None = None,
) -> None:
    if plan.means is None:
        return
    try:
        await anyio.to_thread.run_sync(watch.start, plan, settings)
        execution = await anyio.to_thread.run_sync(Execution, plan, plan.means, declaration.body, settings)
        await execution.execute(on_finished)
    finally:
        plan.release()


def _run_in_thread(main: Callable[[], Coroutine[Any, Any, None]], execution: Execution, stopper: _Stopper) -> None:
    """Wait for *main* in a thread of its own; an interrupt here (a notebook's stop button) stops it in order."""
    failures: list[BaseException] = []

    def target() -> None:
        try:
            anyio.run(main)
        except BaseException as error:  # raised again below, in the thread that waits
            failures.append(error)

    thread = threading.Thread(target=target, name="pyexp-loop")
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        execution.session.stopping.set()
        stopper.stop()
        thread.join()
        raise
    if failures:
        raise failures[0]


def _call_in_thread(function: Callable[[], Any]) -> Any:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def _is_loop_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True

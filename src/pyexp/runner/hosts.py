"""Where a start runs: in a thread that may wait, or in the caller's loop, which is never blocked."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import anyio

from pyexp._cpython import is_loop_running
from pyexp.runner.phases import Phases
from pyexp.runner.signals import BatchStopped, StopSignals

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from pyexp.definition.declaration import Declaration
    from pyexp.runner.execution import Execution
    from pyexp.runner.phases import OnFinished
    from pyexp.runner.program.watching import Watch
    from pyexp.runner.settings import Settings
    from pyexp.runner.start.begin import StartedBatch
    from pyexp.scheduler.events import RunFinished
    from pyexp.store.batch import Batch

T = TypeVar("T")


def wait_for(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine of `Phases` on a `BlockingHost`: it never suspends, so that no loop is needed."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        value: T = stop.value
        return value
    raise AssertionError("a blocking host suspended")


class BlockingHost:
    """Each step happens in this thread; runs in a loop of it, or of a worker thread where one runs here already."""

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Return ``function(*arguments)``."""
        return function(*arguments)

    async def begin(self, function: Callable[[], StartedBatch]) -> StartedBatch:
        """Return ``function()``."""
        return function()

    async def execute(self, make: Callable[..., Execution], on_finished: OnFinished | None) -> None:
        """Execute and wait.

        Raises:
            BatchStopped: A signal stopped the batch.
            PyexpError: It cannot continue.
        """
        has_loop = is_loop_running()
        is_main = threading.current_thread() is threading.main_thread()
        execution = make(owns_loop=True, has_main_thread=is_main and not has_loop)
        stopper = _Stopper()

        async def main() -> None:
            await stopper.run(lambda: execution.execute(on_finished), is_stopped=execution.session.stopping)

        if has_loop:
            _run_in_thread(main, execution, stopper)
            return
        with StopSignals(execution.session) as signals:
            signals.connect(stopper.stop)
            anyio.run(signals.run_alert, main)
        if signals.received is not None:
            raise BatchStopped(signals.received, execution.timestamp)

    async def settle(self, value: Any) -> Any:
        """Return *value*, or what it gives in a loop of its own."""
        if not hasattr(value, "__await__"):
            return value

        async def wait() -> Any:
            return await value

        return _call_in_thread(lambda: anyio.run(wait)) if is_loop_running() else anyio.run(wait)


class LoopHost:
    """Steps that may block happen in worker threads; runs in the caller's loop."""

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Return ``function(*arguments)``, called in a worker thread."""
        return await anyio.to_thread.run_sync(function, *arguments)

    async def begin(self, function: Callable[[], StartedBatch]) -> StartedBatch:
        """Return ``function()``, called in a worker thread; when cancelled, wait for it and release its batch."""
        beginning = asyncio.ensure_future(asyncio.to_thread(function))
        try:
            return await asyncio.shield(beginning)
        except asyncio.CancelledError:
            with anyio.CancelScope(shield=True):
                await asyncio.wait([beginning])
            if beginning.exception() is None:
                beginning.result().release()
            raise

    async def execute(self, make: Callable[..., Execution], on_finished: OnFinished | None) -> None:
        """Execute in this loop."""
        execution = await anyio.to_thread.run_sync(make)
        await execution.execute(on_finished)

    async def settle(self, value: Any) -> Any:
        """Return *value*, or what it gives when awaited."""
        return await value if hasattr(value, "__await__") else value


async def run_async(declaration: Declaration, settings: Settings, watch: Watch) -> Any:
    """Run in the caller's loop; cancelling terminates every child first."""
    phases = Phases(declaration, settings, watch, LoopHost())
    batch = await phases.execute()
    return None if batch is None else await phases.report(batch)


async def stream_results(declaration: Declaration, settings: Settings, watch: Watch) -> AsyncIterator[Any]:
    """Execute, and give each result when its run has finished; leaving early terminates the children."""
    phases = Phases(declaration, settings, watch, LoopHost())
    finished: asyncio.Queue[RunFinished | None] = asyncio.Queue()
    batches: list[Batch] = []

    async def execute() -> None:
        try:
            await phases.execute(finished.put_nowait, batches.append)
        finally:
            finished.put_nowait(None)

    # A task of its own, owned by this generator: a task group would put the consumer's code inside a scope of ours.
    task = asyncio.create_task(execute())
    try:
        while (event := await finished.get()) is not None:
            batch = batches[0]
            record = await anyio.to_thread.run_sync(batch.examine, event.folder)
            yield declaration.make_item(batch, record)
        await task
    finally:
        task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait([task])
        if not task.cancelled():
            task.exception()
    for batch in batches:
        await phases.check(batch)


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

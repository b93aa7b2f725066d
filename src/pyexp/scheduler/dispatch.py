"""Executes the runs of a batch by an executor, within limits; the one place that records outcomes.

A run has passed when its ``result.pkl`` is there, whatever else is reported. Cancelling `Dispatcher.dispatch`
terminates every run that it started and records it as interrupted before the cancellation propagates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import anyio

from pyexp._record import replace
from pyexp.errors import DamagedFileError, ExecutorError, OutputError, PyexpError
from pyexp.executors.invoke import describe_error
from pyexp.executors.membership import variables_for
from pyexp.scheduler.events import Event, RunFinished, RunRetried, RunStarted
from pyexp.scheduler.resources import DevicePool
from pyexp.scheduler.retry import RetryPolicy
from pyexp.scheduler.run import RunInProgress
from pyexp.store.claim import Owner
from pyexp.store.index import Index
from pyexp.store.outcomes import digest_of
from pyexp.store.status import has_regular_result, lost_folder
from pyexp.task import Failed, Outcome, Passed, Status, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from anyio.streams.memory import MemoryObjectSendStream

    from pyexp.config.config import Config
    from pyexp.executors.base import Executor, Session
    from pyexp.store.batch import Batch

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of the runs.

    Attributes:
        timeout_s: Seconds per attempt.
        retry: When a failed run is tried again.
        fail_fast: The first failure stops the batch.
        gpus: Devices per run.
        devices: Devices there are.
    """

    timeout_s: float | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    fail_fast: bool = False
    gpus: int = 0
    devices: Sequence[str] = ()


class Dispatcher:
    """The execution of the runs of one batch, which this process has claimed."""

    def __init__(
        self,
        batch: Batch,
        executor: Executor,
        session: Session,
        *,
        limits: Limits,
        events: MemoryObjectSendStream[Event],
        is_captured: bool = True,
        commit: str | None = None,
    ) -> None:
        self._batch = batch
        self._executor = executor
        self._session = session
        self._limits = limits
        self._events = events
        self._is_captured = is_captured
        self._commit = commit
        self._owner = Owner.current()
        self._devices = DevicePool(limits.devices, limits.gpus)

    async def dispatch(self, folders: Sequence[str]) -> None:
        """Execute the runs in *folders*, starting them in this order.

        Raises:
            ExecutorError: The executor could not be started.
            OutputError: The outcome of a run could not be recorded (disk full); the runs have been terminated.
            UnpicklableError: The experiment cannot be sent to the executor's processes.
        """
        slots = None if self._session.jobs is None else anyio.Semaphore(self._session.jobs)
        try:
            self._index = Index(self._batch.paths.index)
        except OSError as error:
            raise _recording_failed(self._batch, error) from error
        self._batch.unmade.start()
        try:
            async with self._executor.open(self._session) as executor, anyio.create_task_group() as group:
                for folder in folders:
                    if slots is not None:
                        await slots.acquire()
                    await anyio.lowlevel.checkpoint()
                    group.start_soon(self._run, executor, folder, slots, group.cancel_scope)
            await self._finish_folders()
        except BaseExceptionGroup as group:
            first = _first(group)
            if isinstance(first, OSError) and not isinstance(first, PyexpError):
                raise _recording_failed(self._batch, first) from first
            raise first from None
        except OSError as error:
            if isinstance(error, PyexpError):
                raise
            raise ExecutorError(f"{type(self._executor).__name__} could not be started: {error}") from error
        finally:
            self._batch.unmade.stop()
            self._index.close()

    async def _finish_folders(self) -> None:
        """Wait for the folders of runs that are not executed in this start, too."""
        try:
            await self._io(self._batch.unmade.finish)
        except OSError as error:
            raise _recording_failed(self._batch, error) from error

    async def _run(
        self, executor: Executor, folder: str, slots: anyio.Semaphore | None, scope: anyio.CancelScope
    ) -> None:
        """Execute one run, all its attempts, and record its outcome."""
        try:
            run = RunInProgress(self._batch, folder)
            outcome = await self._attempts(executor, run)
            with anyio.CancelScope(shield=True):
                await self._record_end(run, outcome)
        finally:
            if slots is not None:
                slots.release()
        if isinstance(outcome, Failed) and self._limits.fail_fast:
            scope.cancel()

    async def _attempts(self, executor: Executor, run: RunInProgress) -> Outcome:
        await self._io(run.open)
        attempt = 0
        while True:
            attempt += 1
            try:
                async with self._devices.hold() as environment:
                    # Read for each attempt: an earlier one may have changed its copy.
                    config = await self._io(run.load_config)
                    outcome = await self._attempt(executor, run, config, environment)
            except DamagedFileError as error:
                return Failed(error=f"DamagedFileError: {error}")
            except anyio.get_cancelled_exc_class():
                if run.state.status is Status.RUNNING:
                    with anyio.CancelScope(shield=True):
                        interrupted = Failed(error="Interrupted: the batch was stopped", status=Status.INTERRUPTED)
                        await self._record_end(run, await self._settled(run, interrupted))
                raise
            delay_s = self._limits.retry.delay_s(outcome, attempt)
            if delay_s is None or self._session.stopping.is_set():
                return outcome
            assert isinstance(outcome, Failed)
            self._tell(
                RunRetried(folder=run.folder, name=run.name, attempt=run.attempts, error=outcome.error, delay_s=delay_s)
            )
            await self._pause(run, outcome, delay_s)

    async def _pause(self, run: RunInProgress, outcome: Failed, delay_s: float) -> None:
        try:
            await anyio.sleep(delay_s)
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await self._record_end(run, outcome)
            raise

    async def _attempt(
        self, executor: Executor, run: RunInProgress, config: Config, environment: dict[str, str]
    ) -> Outcome:
        """Execute one attempt within its time; what the run's folder then holds decides."""
        task = Task(
            name=run.name,
            config=config,
            out=run.paths.root,
            body=self._session.body,
            attempt=run.attempts + 1,
            environment=variables_for(run.paths.root, self._owner) | environment,
            is_captured=self._is_captured,
            commit=self._commit,
        )
        timeout_s = self._limits.timeout_s
        outcome: Outcome = Failed(
            error=f"TimeoutError: no result within {timeout_s} s; the run's processes were terminated",
            status=Status.TIMEOUT,
        )
        async with executor.place(task):
            run.begin(self._owner.host, self._commit)
            await self._record(run)
            if run.fault is not None:
                return Failed(error=f"OutputError: {run.fault}")
            self._tell(RunStarted(folder=run.folder, name=run.name, attempt=run.attempts))
            with anyio.move_on_after(timeout_s):
                outcome = await _execute(executor, task)
        if isinstance(outcome, Failed) and outcome.status is Status.FAILED and self._session.stopping.is_set():
            outcome = replace(outcome, status=Status.INTERRUPTED)
        return await self._settled(run, outcome)

    async def _settled(self, run: RunInProgress, outcome: Outcome) -> Outcome:
        """Return what the run's folder says: with a result the run has passed, without one it has not."""
        has_result = has_regular_result(run.paths)
        try:
            if has_result and (isinstance(outcome, Failed) or outcome.digest is None):
                return Passed(digest=await anyio.to_thread.run_sync(digest_of, run.paths.result), pid=outcome.pid)
        except OSError:  # removed meanwhile
            has_result = False
        if isinstance(outcome, Passed) and not has_result:
            error = lost_folder(run.paths.root) or f"the run returned, but {run.paths.result} is not there"
            return Failed(error=f"OutputError: {error}", pid=outcome.pid)
        return outcome

    async def _record_end(self, run: RunInProgress, outcome: Outcome) -> None:
        run.end(outcome)
        await self._record(run)
        self._tell(RunFinished(folder=run.folder, name=run.name, state=run.state))

    async def _record(self, run: RunInProgress) -> None:
        await self._io(run.save, self._index)

    def _tell(self, event: Event) -> None:
        self._events.send_nowait(event)

    async def _io(self, function: Callable[..., T], *args: Any) -> T:
        """Do a short file operation: in this thread if it blocks nothing else, else in another."""
        if self._session.owns_loop:
            return function(*args)
        return await anyio.to_thread.run_sync(function, *args)


async def _execute(executor: Executor, task: Task) -> Outcome:
    """Execute *task*; what an executor raises, or returns instead of an outcome, is this run's failure alone."""
    try:
        outcome = await executor.execute(task)
    except Exception as error:
        return Failed(error=describe_error(error))
    if not isinstance(outcome, (Passed, Failed)):
        return Failed(
            error=f"TypeError: {type(executor).__name__}.execute() returned {outcome!r}, not a Passed or Failed"
        )
    return outcome


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _recording_failed(batch: Batch, error: OSError) -> OutputError:
    return OutputError(
        f"the state of a run could not be written to {batch.paths.root}: {error}; the runs were terminated: "
        f"make room or permission there, then continue the batch {batch.paths.timestamp}"
    )

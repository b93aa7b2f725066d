"""The extension point: what an executor is given, and what it must do."""

from __future__ import annotations

from abc import ABC
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pyexp.code.origin import CodeOrigin
from pyexp.executors.limits import available_cpus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from pyexp.config.config import Config
    from pyexp.task import Body, Outcome, Task

ExecutorName = Literal["inline", "subprocess", "fork", "forkserver", "ray"]

DEFAULT_GRACE_S = 3.0


def _ignore(_: str) -> None:
    """Discard a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What an executor is given once per batch.

    Attributes:
        body: What every task of the batch calls.
        jobs: Runs at once; None for as many as the executor takes.
        owns_loop: Nothing else uses the event loop, so that short file operations may block it.
        has_main_thread: The loop runs in the main thread, which a synchronous function may use alone.
        stopping: Set when the user asks to stop.
        hurry: Set when the user asks a second time to stop: children get no more grace.
        grace_s: Seconds between SIGTERM and SIGKILL.
        note: Takes a sentence that a person should read.
        code: Where the code of the runs comes from.
    """

    body: Body
    jobs: int | None = None
    owns_loop: bool = False
    has_main_thread: bool = False
    stopping: Event = field(default_factory=Event)
    hurry: Event = field(default_factory=Event)
    grace_s: float = DEFAULT_GRACE_S
    note: Callable[[str], None] = _ignore
    code: CodeOrigin = field(default_factory=CodeOrigin)


class Executor(ABC):  # noqa: B024 — one of two methods is overridden: which one is the author's choice
    """How a run is executed. Subclass it and override one of two methods.

    ``run`` is the simple one: a synchronous method, called in a worker thread. ``execute`` is the full one:
    asynchronous, cancellable, returning an `Outcome`.

    Attributes:
        is_isolated: Each run has a process of its own: as many run at once as there are CPUs, unless ``jobs`` is set,
            and cancelling `execute` terminates a run, so that time-outs work.
    """

    is_isolated: ClassVar[bool] = False

    def run(self, fn: Callable[[Config], Any], config: Config, result_path: Path, /) -> Any:
        """Execute one run and return its value, or pickle the value into *result_path*.

        Args:
            fn: The experiment: call it with the config.
            config: The run's config; ``config.out`` is its folder.
            result_path: Where the pickled value may be written instead of returning it.

        Raises:
            Exception: Whatever the run raises; it becomes the run's error.
        """
        raise NotImplementedError(f"{type(self).__name__} must override run() or execute()")

    async def execute(self, task: Task, /) -> Outcome:
        """Execute *task* and return its outcome; never raise for a failing run.

        On cancellation, terminate what was started and let the cancellation through.
        """
        from pyexp.executors.custom import execute_run_method

        return await execute_run_method(self, task)

    @asynccontextmanager
    async def place(self, task: Task) -> AsyncIterator[None]:
        """Wait until *task* has a place to run; `execute` is called inside of the block.

        The run's time begins then: it is recorded as running, and its time-out counts.
        """
        del task
        yield

    @asynccontextmanager
    async def open(self, session: Session) -> AsyncIterator[Executor]:
        """Prepare for the tasks of one batch; the value of the block executes them."""
        del session
        yield self

    def can_stop(self, body: Body) -> bool:
        """Return whether cancelling `execute` terminates a run of *body*, which time-outs require."""
        return self.is_isolated or (body.is_async and type(self).run is Executor.run)

    def needs_main_thread(self, body: Body) -> bool:
        """Return whether a run of *body* needs the main thread to itself, so that a debugger works in it."""
        del body
        return False

    def default_jobs(self, body: Body) -> int | None:
        """Return how many runs execute at once when ``jobs`` is not set; None for no limit of pyexp."""
        return available_cpus() if self.is_isolated or body.is_async else 1

"""The order of a start: decide, begin, execute, report. Written once, for threads that may wait and loops that may not.

Knows neither threads nor loops: a `Host` says where each step happens.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pyexp.runner.execution import Execution
from pyexp.runner.relaunch import play_if_relaunched
from pyexp.runner.report import make_report, require_all_passed
from pyexp.runner.start.begin import begin
from pyexp.runner.start.decision import decide
from pyexp.runner.start.decision_kinds import Report
from pyexp.store.descriptors import occupy_standard
from pyexp.terminal.printing import print_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyexp.definition.declaration import Declaration
    from pyexp.runner.program.watching import Watch
    from pyexp.runner.settings import Settings
    from pyexp.runner.start.begin import StartedBatch
    from pyexp.scheduler.events import RunFinished
    from pyexp.store.batch import Batch

    OnFinished = Callable[[RunFinished], None]

T = TypeVar("T")


class Host(Protocol):
    """Where the steps of a start happen."""

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Return ``function(*arguments)``, which may block."""

    async def begin(self, function: Callable[[], StartedBatch]) -> StartedBatch:
        """Return ``function()``; when cancelled meanwhile, the batch is released."""

    async def execute(self, make: Callable[..., Execution], on_finished: OnFinished | None) -> None:
        """Make the execution by ``make(owns_loop=…, has_main_thread=…)`` and execute it."""

    async def settle(self, value: Any) -> Any:
        """Return *value*, or what it gives when it can be awaited."""


class Phases:
    """One start of an experiment."""

    def __init__(self, declaration: Declaration, settings: Settings, watch: Watch, host: Host) -> None:
        self._declaration = declaration
        self._settings = settings
        self._watch = watch
        self._host = host
        self._has_executed = False

    async def execute(
        self, on_finished: OnFinished | None = None, on_started: Callable[[Batch], None] | None = None
    ) -> Batch | None:
        """Decide what to do, and do it but for the report.

        Args:
            on_finished: Called when a run has finished.
            on_started: Called with the batch before the first run.

        Returns:
            The batch to report on; None after a dry run.

        Raises:
            BatchStopped: A signal stopped the batch.
            PyexpError: The start is not possible, or cannot continue.
        """
        declaration, settings, host = self._declaration, self._settings, self._host
        play_if_relaunched(declaration, settings)
        decision = await host.call(decide, declaration, settings)
        if settings.dry_run:
            print_lines(decision.lines())
            return None
        occupy_standard()
        started = await host.begin(partial(begin, decision, settings, declaration.home))
        with started:
            await host.call(self._watch.start, started.batch, settings)
            if on_started is not None:
                on_started(started.batch)
            if not isinstance(decision, Report):
                make = partial(Execution, decision, started, declaration.body, settings)
                await host.execute(make, on_finished)
                self._has_executed = True
        return started.batch

    async def report(self, batch: Batch) -> Any:
        """Make the report of *batch*, then apply ``strict``.

        Returns:
            What the report returned, or the results without a report.

        Raises:
            ExperimentsFailedError: With ``strict``, when some run did not pass.
        """
        # What failed has been shown, with its error, and once more in the summary.
        make = partial(make_report, is_quiet=self._settings.quiet, has_errors=not self._has_executed)
        value = await self._host.settle(await self._host.call(make, self._declaration, batch))
        await self.check(batch)
        return value

    async def check(self, batch: Batch) -> None:
        """Apply ``strict``.

        Raises:
            ExperimentsFailedError: Some run did not pass.
        """
        if self._settings.strict:
            await self._host.call(require_all_passed, batch)

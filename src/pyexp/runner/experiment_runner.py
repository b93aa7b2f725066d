"""The object that ``@pyexp.experiment`` makes: declares, runs, streams, and reads results back.

Light to import: what runs a batch is imported when a batch is run.
"""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, overload

from pyexp.config.config import Config
from pyexp.definition.checkpoint import chkpt
from pyexp.definition.class_body import ClassBody
from pyexp.definition.declaration import declare
from pyexp.errors import NoConfigsError
from pyexp.runner.settings import check_declared, resolve
from pyexp.runner.watching import Watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping
    from types import FrameType

    from pyexp.definition.declaration import Declaration
    from pyexp.tensor.tensor import Tensor
    from pyexp.viewer.launch.background import Viewer

    Configs = Callable[[], Any] | Iterable[Any]

F = TypeVar("F", bound="Callable[..., Any]")

_PLAIN = (int, float, str, os.PathLike)  # an executor of the user's own may hold what cannot travel


class ExperimentRunner:
    """An experiment that can be run.

    Args:
        subject: A function of the config, or an `Experiment` class.
        defaults: Settings that describe the experiment: ``name``, ``output_dir``, ``executor``, ``jobs``, ``gpus``,
            ``retries``, ``timeout``, ``capture``, ``viewer``, ``viewer_port``, ``stash``, ``strict``, ``fail_fast``.

    Raises:
        TypeError: *subject* is not an experiment.
        SettingsError: A setting does not exist, or cannot take its value.

    Example:
        >>> runner = ExperimentRunner(lambda config: config.x ** 2, name="squares")
        >>> runner({"x": 3})
        9
    """

    chkpt = staticmethod(chkpt)

    def __init__(self, subject: Callable[..., Any] | type, **defaults: Any) -> None:
        check_declared(defaults)
        self._declaration: Declaration = declare(subject, defaults)
        self._watch = Watch()
        self.__doc__ = getattr(subject, "__doc__", None)
        self.__name__ = self._declaration.name
        self.__wrapped__ = subject

    @property
    def viewer(self) -> Viewer | None:
        """The viewer that ``viewer=True`` started, with ``url`` and ``stop()``."""
        return self._watch.viewer

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself, for a unit test or a debugger; a plain dict becomes a `Config`.

        With the class API: make an instance for the config, run it, and return the instance; where ``experiment()`` is
        asynchronous, what is returned gives the instance when awaited.
        """
        if args and isinstance(args[0], dict) and not isinstance(args[0], Config):
            args = (Config(args[0]), *args[1:])
        if isinstance(self._declaration.body, ClassBody):
            return self._declaration.body.try_out(*args, **kwargs)
        return self._declaration.subject(*args, **kwargs)

    def configs(self, function: F) -> F:
        """Decorate the function that gives the configs."""
        self._declaration.configs = function
        return function

    def report(self, function: F) -> F:
        """Decorate the function that reports: ``report(results, report_dir)`` or ``report(results)``."""
        self._declaration.report = function
        return function

    def run(
        self,
        *,
        configs: Configs | None = None,
        report: Callable[..., Any] | None = None,
        argv: list[str] | None = None,
        **settings: Any,
    ) -> Any:
        """Execute the whole: configs, runs, report. Blocks; works where a loop is already running too.

        When called from the script being executed, the command line is read; it wins over *settings*, which win over
        those of the decorator.

        Args:
            configs: Gives the configs, or is them, instead of the decorated function.
            report: Reports, instead of the decorated function.
            argv: The command line to read instead of ``sys.argv[1:]``; ``[]`` for none.
            settings: See `Settings`.

        Returns:
            What the report returned, or the results without a report; None after ``--list`` and ``--dry-run``.

        Raises:
            PyexpError: The batch cannot be run. A script that read its command line prints one line and exits instead:
                2 for an error, 1 for failures with ``strict``, 128+n for a signal.
        """
        from pyexp.runner.invocation import run_as_script, run_here

        declaration = self._declared(configs, report)
        if argv is None and not _is_script(sys._getframe(1)):  # noqa: SLF001 — the way to know the caller
            return run_here(declaration, resolve(declaration.defaults, settings), self._watch)
        return run_as_script(declaration, settings, sys.argv[1:] if argv is None else argv, self._watch)

    async def arun(
        self, *, configs: Configs | None = None, report: Callable[..., Any] | None = None, **settings: Any
    ) -> Any:
        """`run` for an application with a loop: never blocks it, and never reads the command line.

        Cancelling it ends every child process before it returns.
        """
        declaration = self._declared(configs, report)
        resolved = resolve(declaration.defaults, settings)
        hosts = await _load_hosts()
        return await hosts.run_async(declaration, resolved, self._watch)

    async def astream(self, *, configs: Configs | None = None, **settings: Any) -> AsyncIterator[Any]:
        """Execute, and give each result when its run has finished; makes no report.

        Leaving the loop early ends the children.

        Example:
            >>> async for result in experiment.astream():  # doctest: +SKIP
            ...     print(result.name, result.status)
        """
        declaration = self._declared(configs, None)
        resolved = resolve(declaration.defaults, settings)
        hosts = await _load_hosts()
        stream = hosts.stream_results(declaration, resolved, self._watch)
        try:
            async for result in stream:
                yield result
        finally:
            await stream.aclose()

    def results(
        self, timestamp: str | None = None, output_dir: str | Path | None = None, name: str | None = None
    ) -> Tensor[Any]:
        """Load the results of a batch, also of one that is still running.

        Args:
            timestamp: The batch; None or ``"latest"`` for the latest.
            output_dir: Where the batches are, if elsewhere than declared.
            name: The experiment's name, if another than declared.

        Returns:
            A tensor of `Result` (or of the class's instances), shaped like the sweep.

        Raises:
            BatchNotFoundError: There is no such batch; the nearest is named.
        """
        from pyexp.results.load import load_results
        from pyexp.runner.start.experiment_folder import experiment_folder
        from pyexp.store.batch import Batch, find_batch

        given = {key: value for key, value in (("output_dir", output_dir), ("name", name)) if value is not None}
        folder = experiment_folder(self._declaration, resolve(self._declaration.defaults, given))
        return load_results(Batch.open(find_batch(folder, timestamp)), self._declaration.make_item)

    def __repr__(self) -> str:
        return f"ExperimentRunner({self._declaration.name!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # A run's process needs the function and where its batches are, not what configs and report drag along.
        declared = self._declaration
        defaults = {key: value for key, value in declared.defaults.items() if isinstance(value, _PLAIN)}
        return _arrive, (declared.subject, declared.name, declared.home, defaults)

    def _declared(self, configs: Configs | None, report: Callable[..., Any] | None) -> Declaration:
        from dataclasses import replace

        declared = self._declaration
        if configs is None and report is None:
            return declared
        given = configs if configs is None or callable(configs) else _always(configs)
        return replace(declared, configs=given or declared.configs, report=report or declared.report)


@overload
def experiment(function: Callable[..., Any]) -> ExperimentRunner: ...
@overload
def experiment(**defaults: Any) -> Callable[[Callable[..., Any]], ExperimentRunner]: ...
def experiment(function: Callable[..., Any] | None = None, **defaults: Any) -> Any:
    """Make an experiment of a function of a config.

    Args:
        function: ``function(config)``, or ``function(config, logger)``, sync or async. A parameter named ``out`` or
            annotated `Path` gets the run's folder.
        defaults: Settings, see `ExperimentRunner`.

    Returns:
        An `ExperimentRunner`.

    Example:
        >>> @experiment(name="squares", executor="inline")
        ... def squares(config):
        ...     return config.x ** 2
        >>> squares({"x": 4})
        16
    """
    if function is not None:
        return ExperimentRunner(function, **defaults)
    check_declared(defaults)
    return lambda decorated: ExperimentRunner(decorated, **defaults)


def _always(value: Any) -> Callable[[], Any]:
    return lambda: value


def _arrive(subject: Any, name: str, home: Path, defaults: Mapping[str, Any]) -> ExperimentRunner:
    """Make a runner again in the process of a run."""
    runner = ExperimentRunner(subject, **defaults)
    declared = runner._declaration  # noqa: SLF001 — this is a constructor
    declared.name, declared.home, declared.configs = name, home, _configs_stayed
    return runner


def _configs_stayed() -> NoReturn:
    raise NoConfigsError(
        "this experiment's configs and report did not come along into the process of another one's run: "
        "pass run(configs=..., report=...)"
    )


def _is_script(frame: FrameType) -> bool:
    """Whether the caller is the script being executed, outside of any loop and of any run."""
    import asyncio

    caller = frame.f_globals
    if caller.get("__name__") != "__main__" or "__file__" not in caller:
        return False
    from pyexp.executors.invoke import current_run

    if current_run.get(None) is not None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return True
    return False


async def _load_hosts() -> Any:
    """Import what runs a batch, in a thread: the caller's loop goes on."""
    import asyncio

    return await asyncio.get_running_loop().run_in_executor(None, _import_hosts)


@functools.cache
def _import_hosts() -> Any:
    import anyio

    from pyexp.runner import hosts

    # anyio imports what it needs for asyncio when it is first used.
    anyio.run(anyio.sleep, 0)
    return hosts

"""The object that ``@pyexp.experiment`` makes: declares, runs, streams, and reads results back.

Light to import: what runs a batch is imported when a batch is run.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import GenericAlias
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, Generic, NoReturn, ParamSpec, TypeVar, overload

from pyexp._cpython import calling_frame
from pyexp.code.start import start
from pyexp.config.config import Config
from pyexp.definition.checkpoint import chkpt
from pyexp.definition.class_body import ClassBody
from pyexp.definition.declaration import declare
from pyexp.errors import ExecutorError, NoConfigsError
from pyexp.runner.past_batches import Item, PastBatches
from pyexp.runner.program.declared import declared
from pyexp.runner.program.watching import Watch, program_watch
from pyexp.runner.settings import check_declared

P = ParamSpec("P")
R = TypeVar("R")
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
    from typing import Unpack

    import typing_extensions  # known to every type checker: it need not be installed

    from pyexp.definition.declaration import Declaration
    from pyexp.runner import signatures as sig
    from pyexp.sweeps.sweep import Mappings
    from pyexp.viewer.launch.background import Viewer

    Q = ParamSpec("Q")
    V = typing_extensions.TypeVar("V", default=Any)
    Configs = Callable[[], Mappings] | Callable[[Config], Mappings] | Mappings

_PLAIN = (int, float, str, os.PathLike)  # an executor of the user's own may hold what cannot travel


class ExperimentRunner(PastBatches[Item], Generic[P, R, Item]):
    """An experiment that can be run: ``ExperimentRunner[P, R]`` for a function of the parameters P that returns R.

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

    if TYPE_CHECKING:
        chkpt: ClassVar[sig.Chkpt]
    else:
        chkpt = staticmethod(chkpt)
        __class_getitem__ = classmethod(GenericAlias)  # Python 3.11 knows no default for a third parameter

    @overload
    def __init__(
        self: ExperimentRunner[[Config], sig.U, sig.U], subject: type[sig.U], **defaults: Unpack[sig.DeclaredSettings]
    ) -> None: ...
    @overload
    def __init__(
        self: ExperimentRunner[[Config], Coroutine[Any, Any, sig.A], sig.A],
        subject: type[sig.A],
        **defaults: Unpack[sig.DeclaredSettings],
    ) -> None: ...
    @overload
    def __init__(
        self: ExperimentRunner[[Config], sig.E, sig.E], subject: type[sig.E], **defaults: Unpack[sig.DeclaredSettings]
    ) -> None: ...
    @overload
    def __init__(self, subject: Callable[P, R], **defaults: Unpack[sig.DeclaredSettings]) -> None: ...
    def __init__(self, subject: Any, **defaults: Any) -> None:
        check_declared(defaults)
        self._declaration: Declaration = declare(subject, defaults)
        declared.add(self._declaration, calling_frame())
        self._watch: Watch = Watch()
        self.__doc__ = getattr(subject, "__doc__", None)
        self.__name__ = self._declaration.name
        self.__wrapped__ = subject

    @property
    def viewer(self) -> Viewer | None:
        """The viewer that ``viewer=True`` started, with ``url`` and ``stop()``."""
        return self._watch.viewer

    @overload
    def __call__(
        self: ExperimentRunner[Concatenate[Any, Q], R, Item],
        config: dict[str, Any],
        /,
        *args: Q.args,
        **kwargs: Q.kwargs,
    ) -> R: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # type: ignore[misc] # mypy does not see that it takes Q too
        """Call the function itself, for a unit test or a debugger; a plain dict becomes a `Config`.

        With the class API: make an instance for the config, run it, and return the instance; where ``experiment()`` is
        asynchronous, what is returned gives the instance when awaited.
        """
        if args and isinstance(args[0], dict) and not isinstance(args[0], Config):
            args = (Config(args[0]), *args[1:])
        if isinstance(self._declaration.body, ClassBody):
            return self._declaration.body.try_out(*args, **kwargs)
        return self._declaration.subject(*args, **kwargs)

    def configs(self, function: sig.GivesConfigs) -> sig.GivesConfigs:
        """Decorate the function that gives the configs."""
        self._declaration.configs = function
        return function

    def report(self, function: sig.Reports) -> sig.Reports:
        """Decorate the function that reports: ``report(results, report_dir)`` or ``report(results)``."""
        self._declaration.report = function
        return function

    def run(
        self,
        *,
        configs: Configs | None = None,
        report: sig.Report[Item, Awaitable[V] | V] | None = None,
        argv: list[str] | None = None,
        **settings: Unpack[sig.StartSettings],
    ) -> V | Any:
        """Execute the whole: configs, runs, report. Blocks; works where a loop is already running too.

        When the program that is being executed leads here, the command line is read; it wins over *settings*, which
        win over those of the decorator.

        Args:
            configs: Configs the configs, or is them, instead of the decorated function.
            report: Reports, instead of the decorated function.
            argv: The command line to read instead of ``sys.argv[1:]``; ``[]`` for none.
            settings: See `Settings`.

        Returns:
            What the report returned, or the results without a report; None after ``--list`` and ``--dry-run``.

        Raises:
            PyexpError: The batch cannot be run. A script that read its command line prints one line and exits instead:
                2 for an error, 1 for failures with ``strict``, 128+n for a signal.
        """
        from pyexp.runner.command_line.caller import find_command_line, is_in_program
        from pyexp.runner.command_line.environment import resolve_start
        from pyexp.runner.invocation import run_as_script, run_here

        declaration = self._declared(configs, report)
        frame = calling_frame()
        if argv is None:
            argv = find_command_line(frame, declaration.module, "run()")
        if argv is None:
            return run_here(declaration, resolve_start(declaration, settings), self._watch)
        if is_in_program(frame):
            self._watch = program_watch
        return run_as_script(declaration, settings, argv, self._watch)

    async def arun(
        self,
        *,
        configs: Configs | None = None,
        report: sig.Report[Item, Awaitable[V] | V] | None = None,
        argv: list[str] | None = None,
        **settings: Unpack[sig.StartSettings],
    ) -> V | Any:
        """`run` for an application with a loop: never blocks it, and reads no command line but *argv*.

        Cancelling it ends every child process before it returns.

        Raises:
            PyexpError: The batch cannot be run; also where *argv* cannot be read.
        """
        from pyexp.runner.invocation import resolve_call
        from pyexp.runner.loading import load_hosts

        hosts = await load_hosts("arun()")
        declaration = self._declared(configs, report)
        resolved = resolve_call(declaration, settings, argv, "arun()")
        return None if resolved is None else await hosts.run_async(declaration, resolved, self._watch)

    async def astream(
        self,
        *,
        configs: Configs | None = None,
        argv: list[str] | None = None,
        **settings: Unpack[sig.StartSettings],
    ) -> AsyncGenerator[Item, None]:
        """Execute, and give each result when its run has finished; makes no report, and reads no line but *argv*.

        Leaving the loop early ends the children.

        Example:
            >>> async for result in experiment.astream():  # doctest: +SKIP
            ...     print(result.name, result.status)
        """
        from pyexp.runner.invocation import resolve_call
        from pyexp.runner.loading import load_hosts

        hosts = await load_hosts("astream()")
        declaration = self._declared(configs, None)
        resolved = resolve_call(declaration, settings, argv, "astream()")
        if resolved is None:
            return
        stream = hosts.stream_results(declaration, resolved, self._watch)
        try:
            async for result in stream:
                yield result
        finally:
            await stream.aclose()

    def __repr__(self) -> str:
        return f"ExperimentRunner({self._declaration.name!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # A run's process needs the function and where its batches are, not what configs and report drag along.
        own = self._declaration
        defaults = {key: value for key, value in own.defaults.items() if isinstance(value, _PLAIN)}
        return _arrive, (own.subject, own.name, own.home, defaults)

    def _declared(self, configs: Configs | None, report: Callable[..., Any] | None) -> Declaration:
        own = self._declaration
        if start.being_made is not None:
            raise ExecutorError(
                f"{os.path.basename(start.being_made)} starts the experiment {own.own_name!r} while a run imports it: "
                f'put the call under `if __name__ == "__main__":`'
            )
        if configs is None and report is None:
            return own
        given = configs if configs is None or callable(configs) else _always(configs)
        return own.with_given(given, report)


@overload
def experiment(function: Callable[P, R], **defaults: Unpack[sig.DeclaredSettings]) -> ExperimentRunner[P, R]: ...
@overload
def experiment(
    **defaults: Unpack[sig.DeclaredSettings],
) -> Callable[[Callable[P, R]], ExperimentRunner[P, R]]: ...
def experiment(function: Any = None, **defaults: Any) -> Any:
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


def _arrive(subject: Any, name: str, home: Path, defaults: Mapping[str, Any]) -> ExperimentRunner[..., Any]:
    """Make a runner again in the process of a run."""
    runner: ExperimentRunner[..., Any] = ExperimentRunner(subject, **defaults)
    own = runner._declaration  # noqa: SLF001 — this is a constructor
    declared.forget(own)
    own.name, own.home, own.configs = name, home, _configs_stayed
    return runner


def _configs_stayed() -> NoReturn:
    raise NoConfigsError(
        "this experiment's configs and report did not come along into the process of another one's run: "
        "pass run(configs=..., report=...)"
    )

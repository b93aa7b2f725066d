"""What type checkers know of settings, configs and experiment classes. No program imports this module."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict, TypeVar, final, overload

from pyexp.definition.base import Experiment
from pyexp.results.results import Results

if TYPE_CHECKING:
    from pyexp.config.config import Config
    from pyexp.executors.base import Executor
    from pyexp.sweeps.sweep import Mappings


class DeclaredSettings(TypedDict, total=False):
    """The fields of `Settings` that describe an experiment: what a decorator takes."""

    name: str | None
    output_dir: str | os.PathLike[str] | None
    executor: str | Executor
    jobs: int | None
    gpus: int
    retries: int
    timeout: float | None
    capture: bool | Literal["no"]
    viewer: bool
    viewer_port: int
    stash: bool
    quiet: bool
    strict: bool
    fail_fast: bool


class StartSettings(DeclaredSettings, total=False):
    """All fields of `Settings`: what a call takes that starts an experiment."""

    filter: str | None
    where: Mapping[str, Any] | None
    dry_run: bool
    verify: bool
    only: str | None
    continue_run: str | bool | None
    report_run: str | bool | None
    extend_run: str | bool | None
    rerun_run: str | bool | None
    set: Mapping[str, Any] | None
    sweep: Mapping[str, Any] | None
    config: str | os.PathLike[str] | None
    trial: bool
    note: str | None


@final
class _Nothing:
    """What no method returns."""


class Unannotated(Protocol):
    """A class whose ``experiment()`` says nothing of what it returns: only `Any` is taken for `_Nothing`."""

    def experiment(self) -> _Nothing: ...  # noqa: D102


class Asynchronous(Protocol):
    """A class whose ``experiment()`` is awaited."""

    def experiment(self) -> Coroutine[Any, Any, object]: ...  # noqa: D102


F = TypeVar("F", bound=Callable[..., Any])
U = TypeVar("U", bound=Unannotated)
A = TypeVar("A", bound=Asynchronous)
E = TypeVar("E", bound=Experiment)
GivesConfigs = TypeVar("GivesConfigs", bound="Callable[[], Mappings] | Callable[[Config], Mappings]")
Reports = TypeVar("Reports", bound=Callable[..., object])

Item = TypeVar("Item")
V = TypeVar("V")
Report = Callable[[Results[Item]], V] | Callable[[Results[Item], Path], V]


class Chkpt(Protocol):
    """`chkpt` as an attribute of a runner."""

    @overload
    def __call__(self, function: F) -> F: ...
    @overload
    def __call__(self, *, retry: int = 1) -> Callable[[F], F]: ...

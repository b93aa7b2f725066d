"""Executors by name, imported when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyexp._optional import require_extra
from pyexp.errors import UnknownExecutorError
from pyexp.executors.base import Executor

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("subprocess", "fork", "forkserver", "inline", "ray")


def get_executor(name: str | Executor) -> Executor:
    """Return the executor called *name*; an `Executor` is returned as it is.

    Args:
        name: ``subprocess``, ``fork``, ``forkserver``, ``inline``, ``ray``, ``ray:auto``, ``ray:<address>`` or
            ``ray://host:port``.

    Raises:
        UnknownExecutorError: There is no such executor; the message lists those there are.
        ExecutorError: It does not work on this platform.
        MissingExtraError: It needs an extra that is not installed.

    Example:
        >>> type(get_executor("inline")).__name__
        'InlineExecutor'
    """
    if isinstance(name, Executor):
        return name
    if isinstance(name, str):
        if name in _FACTORIES:
            return _FACTORIES[name]()
        if name.startswith("ray:"):
            return _ray(name if name.startswith("ray://") else name.removeprefix("ray:"))
    raise _unknown(name)


def check_name(name: str) -> None:
    """Refuse the name of an executor that there is not, without making one.

    Raises:
        UnknownExecutorError: As said; the message lists those there are.
    """
    if name not in _FACTORIES and not name.startswith("ray:"):
        raise _unknown(name)


def _unknown(name: object) -> UnknownExecutorError:
    return UnknownExecutorError(
        f"there is no executor {name!r}; choose one of {', '.join(NAMES)}, ray:<address>, or pass an Executor instance"
    )


def _subprocess() -> Executor:
    from pyexp.executors.local.subprocess import SubprocessExecutor

    return SubprocessExecutor()


def _fork() -> Executor:
    from pyexp.executors.local.fork import ForkExecutor

    return ForkExecutor()


def _forkserver() -> Executor:
    from pyexp.executors.local.forkserver import ForkserverExecutor

    return ForkserverExecutor()


def _inline() -> Executor:
    from pyexp.executors.local.inline import InlineExecutor

    return InlineExecutor()


def _ray(address: str | None = None) -> Executor:
    require_extra("ray", "ray", "the executor 'ray'")
    from pyexp.executors.ray import RayExecutor

    return RayExecutor(address=address)


_FACTORIES: dict[str, Callable[[], Executor]] = {
    "subprocess": _subprocess,
    "fork": _fork,
    "forkserver": _forkserver,
    "inline": _inline,
    "ray": _ray,
}

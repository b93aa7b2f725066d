"""What a function of the user's takes. Asks `inspect`, a large import, only about what is not a plain function.

Knows nothing of what an experiment's parameters mean.
"""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Iterator, Mapping

_IS_COROUTINE = 0x80  # inspect.CO_COROUTINE


class Parameter:
    """A parameter that takes one argument.

    Attributes:
        name: Its name.
        annotation: As written, or its value; None without one.
        has_default: It may be left out.
        is_keyword: It is given by name only.
    """

    __slots__ = ("annotation", "has_default", "is_keyword", "name")

    def __init__(self, name: str, annotation: Any, *, has_default: bool, is_keyword: bool) -> None:
        self.name = name
        self.annotation = annotation
        self.has_default = has_default
        self.is_keyword = is_keyword


def parameters_of(function: Callable[..., Any]) -> list[Parameter]:
    """Parameters of *function* in order, without ``*args`` and ``**kwargs``.

    Raises:
        ValueError: It does not tell.
    """
    if _is_plain(function):
        return list(_of_plain(function))
    import inspect

    gathering = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    found = inspect.signature(function).parameters.values()
    return [_of_inspected(parameter) for parameter in found if parameter.kind not in gathering]


def is_async(function: Callable[..., Any]) -> bool:
    """Return whether *function* is a coroutine function."""
    if _is_plain(function):
        return bool(function.__code__.co_flags & _IS_COROUTINE)
    import inspect

    return inspect.iscoroutinefunction(function)


def _is_plain(function: Any) -> bool:
    """Return whether only its code says what *function* takes: no ``__wrapped__``, ``__signature__`` or marker."""
    return type(function) is FunctionType and not function.__dict__


def _of_plain(function: Any) -> Iterator[Parameter]:
    code, annotations = function.__code__, function.__annotations__
    first_default = code.co_argcount - len(function.__defaults__ or ())
    keyword_defaults: Mapping[str, Any] = function.__kwdefaults__ or {}
    for place, name in enumerate(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]):
        is_keyword = place >= code.co_argcount
        has_default = name in keyword_defaults if is_keyword else place >= first_default
        yield Parameter(name, annotations.get(name), has_default=has_default, is_keyword=is_keyword)


def _of_inspected(parameter: inspect.Parameter) -> Parameter:
    annotation = None if parameter.annotation is parameter.empty else parameter.annotation
    return Parameter(
        parameter.name,
        annotation,
        has_default=parameter.default is not parameter.empty,
        is_keyword=parameter.kind is parameter.KEYWORD_ONLY,
    )

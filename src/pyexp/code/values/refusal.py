"""Which part of an experiment cannot be sent to another process: the path to it, from a name that the user wrote."""

from __future__ import annotations

from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from pyexp.code.values.references import innermost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_DEEPEST = 20


def path_to_culprit(name: str, value: Any, is_sendable: Callable[[Any], bool]) -> str:
    """Follow *value* to the part that cannot be sent.

    Args:
        name: What *value* is called.
        value: What cannot be sent.
        is_sendable: Whether a part can be.
    """
    path, seen = [name], {id(value)}
    while len(path) < _DEEPEST:
        for step, part in _parts(value):
            if id(part) not in seen and not is_sendable(part):
                seen.add(id(part))
                path.append(step)
                value = part
                break
        else:
            break
    article = "an" if type(value).__qualname__[:1].lower() in "aeiou" else "a"
    return (
        f"{' → '.join(part for part in path if part)} is {article} {type(value).__qualname__}, which cannot be pickled"
    )


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, FunctionType):
        yield from _parts_of_function(value)
    elif isinstance(value, type):
        yield from ((f"attribute {name!r}", part) for name, part in list(vars(value).items()))
    elif isinstance(value, (staticmethod, classmethod, MethodType)):
        yield "", value.__func__
        yield "its instance", getattr(value, "__self__", None)
    elif isinstance(value, dict):
        yield from ((f"key {key!r}", part) for key, part in value.items())
    elif isinstance(value, (list, tuple)):
        yield from ((f"item {index}", part) for index, part in enumerate(value))
    elif isinstance(value, (set, frozenset)):
        yield from (("an element", part) for part in value)
    elif innermost(value) is not value:
        yield "", innermost(value)
    else:
        yield from _parts_of_instance(value)


def _parts_of_function(function: FunctionType) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield f"the closure variable {name!r}", cell.cell_contents
        except ValueError:  # not bound yet
            continue
    yield from ((f"default {index}", part) for index, part in enumerate(function.__defaults__ or ()))
    yield from ((f"default {name!r}", part) for name, part in (function.__kwdefaults__ or {}).items())
    yield from ((f"attribute {name!r}", part) for name, part in vars(function).items())


def _parts_of_instance(value: Any) -> Iterator[tuple[str, Any]]:
    is_ours = type(value).__module__.startswith("pyexp.")
    for name, part in getattr(value, "__dict__", {}).items():
        yield ("" if is_ours else f"attribute {name!r}"), part
    for name in ("func", "args", "keywords"):  # of a partial
        if hasattr(value, name):
            yield f"its {name}", getattr(value, name)
    yield "its class", type(value)

"""Whether a call changed its arguments, and reapplying such a change. Knows neither runs nor files."""

from __future__ import annotations

import pickle
import sys
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from pyexp._cpython import blake2b

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

LIMIT_BYTES = 256 << 20
_ATOMS = (int, float, complex, str, bytes, bool, type(None), type, FunctionType, ModuleType)


class Observed:
    """The input of a call: its arguments, and the global variables that its function names."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Note the present values; what cannot be pickled, and what is larger than 256 MB, is left out."""
        self._values = {f"argument {place}": value for place, value in enumerate(args, start=1)}
        self._values |= {f"argument {name!r}": value for name, value in kwargs.items()}
        self._values |= {f"global {name!r}": value for name, value in _named_globals(function)}
        self._digests = {name: _digest(value) for name, value in self._values.items()}

    def changed(self, returned: Any) -> list[str]:
        """Return what has changed and is not part of what was *returned*."""
        kept = _parts(returned)
        return [
            name
            for name, digest in self._digests.items()
            if digest is not None and id(self._values[name]) not in kept and _digest(self._values[name]) != digest
        ]


def contents_of(args: Iterable[Any]) -> list[Any]:
    """Return what has to be saved of *args* to reapply their changes with `put_back`.

    Raises:
        TypeError: One of them cannot be changed in place from outside.
    """
    return [_content(place, value) for place, value in enumerate(args, start=1)]


def put_back(args: Iterable[Any], contents: Iterable[Any]) -> None:
    """Replace the contents of *args* with what `contents_of` returned."""
    for value, content in zip(args, contents, strict=True):
        if isinstance(value, dict):
            value.clear()
            value.update(content)
        elif isinstance(value, list) or _is_array(value):
            value[... if _is_array(value) else slice(None)] = content
        elif content is not None:
            vars(value).clear()
            vars(value).update(content)


def _content(place: int, value: Any) -> Any:
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, list):
        return list(value)
    if _is_array(value):
        return value.copy()
    if isinstance(value, _ATOMS) or _is_logger(value):
        return None
    if hasattr(value, "__dict__"):
        return dict(vars(value))
    raise TypeError(
        f"chkpt(mutates=True): argument {place} is a {type(value).__qualname__}, whose changes cannot be reapplied: "
        f"pass a dict, a list, an array or an object with attributes, or return the value instead"
    )


def _named_globals(function: Callable[..., Any]) -> Iterable[tuple[str, Any]]:
    code, variables = getattr(function, "__code__", None), getattr(function, "__globals__", {})
    for name in getattr(code, "co_names", ()):
        if name in variables and not isinstance(variables[name], _ATOMS) and not callable(variables[name]):
            yield name, variables[name]


def _digest(value: Any) -> bytes | None:
    if isinstance(value, _ATOMS) or _is_logger(value):
        return None
    sink = _Hashing()
    try:
        pickle.Pickler(sink, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    except Exception:  # a user's __reduce__ may raise anything; and what is too large is left out
        return None
    return sink.hash.digest()


class _Hashing:
    """A file that keeps only a hash."""

    def __init__(self) -> None:
        self.hash = blake2b()
        self._left = LIMIT_BYTES

    def write(self, data: Any) -> int:
        size = len(memoryview(data).cast("B"))
        self._left -= size
        if self._left < 0:
            raise ValueError("too large to be compared")
        self.hash.update(data)
        return size


def _parts(value: Any) -> set[int]:
    """Return the identities of *value* and of everything in its containers and attributes."""
    found: set[int] = set()
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if id(part) in found or isinstance(part, (int, float, str, bytes, type(None))):
            continue
        found.add(id(part))
        if isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, (list, tuple, set, frozenset)):
            waiting += part
        elif isinstance(getattr(part, "__dict__", None), dict):
            waiting += vars(part).values()
    return found


def _is_array(value: Any) -> bool:
    return type(value).__module__ == "numpy" and hasattr(value, "shape") and value.shape != ()


def _is_logger(value: Any) -> bool:
    module = sys.modules.get("pyexp.log.logger")  # where it was not loaded, there is no logger
    return module is not None and isinstance(value, module.Logger)

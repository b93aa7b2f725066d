"""Values whose content can be replaced in place: containers, and plain instances of the script's classes.

Everything else that holds one (a default, a closure, an alias) sees the change. Light.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyexp.code.values.references import References

INSTANCE = "instance"
_LISTS = (list, deque, bytearray)
_DICTS = (dict, OrderedDict, defaultdict, Counter)
_KINDS = {kind: kind.__name__ for kind in (*_LISTS, *_DICTS, set)}


def kind_of(value: Any, references: References) -> str | None:
    """Return how *value* is filled; None when it can only be replaced."""
    cls = type(value)
    if cls is deque and value.maxlen is not None:  # its length cannot be changed
        return None
    kind = _KINDS.get(cls)
    if kind is not None or not references.is_of_script(cls):
        return kind
    return INSTANCE if _is_plain(cls) and references.find(cls) is not None else None


def is_in_place(value: Any, references: References) -> bool:
    """Return whether `kind_of` returns a kind."""
    return kind_of(value, references) is not None


def _is_plain(cls: type) -> bool:
    """Return whether pickle would save and restore nothing of an instance but its variables."""
    return (
        not issubclass(cls, type)
        and cls.__reduce__ is object.__reduce__
        and cls.__reduce_ex__ is object.__reduce_ex__
        and cls.__new__ is object.__new__
        and cls.__getstate__ is object.__getstate__
        and not hasattr(cls, "__setstate__")
        and cls.__dictoffset__ != 0
        and cls.__itemsize__ == 0
        and not any(_slots(base) for base in cls.__mro__)
    )


def _slots(cls: type) -> list[str]:
    named = vars(cls).get("__slots__", ())
    names = [named] if isinstance(named, str) else list(named)
    return [name for name in names if name not in {"__dict__", "__weakref__"}]


def contents_of(value: Any) -> Any:
    """Return what `fill` takes to make an empty one of the kind equal to *value*."""
    cls = type(value)
    if cls is defaultdict:
        return value.default_factory, list(value.items())
    if cls in _DICTS:
        return list(value.items())
    if cls is bytearray:
        return bytes(value)
    if cls in _KINDS:
        return list(value)
    return dict(vars(value))


def empty(cls: type) -> Any:
    """Make an empty value of *kind*, to be filled later."""
    return cls() if cls in _KINDS else object.__new__(cls)


def fill(value: Any, contents: Any) -> None:
    """Replace the contents of *value*."""
    cls = type(value)
    if cls is defaultdict:
        value.default_factory, contents = contents
    own = value if cls in _KINDS else vars(value)
    own.clear()
    if cls in _LISTS:
        own.extend(contents)
    else:
        own.update(dict(contents) if cls in _DICTS else contents)

"""Where a name of the script leads: a variable, an attribute of a class, a part of a function. Light."""

from __future__ import annotations

from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from pyexp.code.values.references import ABSENT, is_importable, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyexp.code.values.references import References

_NO_IDENTITY = frozenset({
    type(None), bool, int, float, complex, str, bytes, tuple, frozenset, range, slice, BuiltinFunctionType, ModuleType,
})  # fmt: skip


def own_names(values: Iterable[tuple[str, Any]], references: References) -> dict[int, str]:
    """Return the first name of each value whose identity matters, by that identity."""
    own: dict[int, str] = {}
    for name, value in values:
        if _has_identity(value) and references.find(value) is None:
            own.setdefault(id(value), name)
    return own


def _has_identity(value: Any) -> bool:
    if value is ABSENT or type(value) in _NO_IDENTITY:
        return False
    return not (isinstance(value, (FunctionType, type)) and is_importable(value))


def look_up(variables: dict[str, Any], name: str) -> Any:
    """Return what *name* has, ``ABSENT`` if it has nothing."""
    path, _, last = name.rpartition(".")
    if not path:
        return variables.get(name, ABSENT)
    owner = resolve(variables, path)
    if isinstance(owner, FunctionType):
        return getattr(owner, last, ABSENT)
    return vars(owner).get(last, ABSENT) if isinstance(owner, type) else ABSENT


def put(variables: dict[str, Any], name: str, value: Any) -> None:
    """Bind *name* to *value*."""
    path, _, last = name.rpartition(".")
    if path:
        setattr(resolve(variables, path), last, value)
    else:
        variables[name] = value

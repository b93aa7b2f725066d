"""The names of the script that an experiment reaches: through helpers, classes, closures, defaults and containers."""

from __future__ import annotations

import dis
import functools
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from pyexp.code.values.references import innermost, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyexp.code.values.references import References

_GLOBAL_OPERATIONS = frozenset({
    "DELETE_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS", "LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL",
})  # fmt: skip
_LONGEST = 1000  # elements of a container that are looked into
_PLAIN = (int, float, complex, str, bytes, type(None), ModuleType, CodeType)


class Reached:
    """What is reached from the objects that were followed so far.

    Attributes:
        names: Names of the script, in the order in which they were found, and their values.
        optional: Those that are reached only because code asks for ``globals()``.
        classes: Classes of the script.
        functions: Functions of the script.
    """

    def __init__(self, references: References) -> None:
        self.names: dict[str, Any] = {}
        self.optional: set[str] = set()
        self.classes: dict[int, type] = {}
        self.functions: dict[int, FunctionType] = {}
        self._references = references
        self._variables = references.variables
        self._seen: dict[int, Any] = {}  # kept alive: an identity is that of a living object

    def follow(self, *roots: Any) -> None:
        """Follow what *roots* refer to."""
        todo = list(roots)
        while todo:
            value = todo.pop()
            if isinstance(value, _PLAIN) or value is self._variables or id(value) in self._seen:
                continue
            self._seen[id(value)] = value
            todo.extend(self._parts(value))

    def _parts(self, value: Any) -> Iterator[Any]:
        kind = type(value)
        if kind is FunctionType:
            yield from self._parts_of_function(value)
        elif issubclass(kind, type):
            yield from self._parts_of_class(value)
        elif kind in {staticmethod, classmethod, MethodType}:
            yield from (value.__func__, getattr(value, "__self__", None))
        elif kind is property:
            yield from (value.fget, value.fset, value.fdel)
        elif kind is functools.partial:
            yield from (value.func, *value.args, *value.keywords.values())
        elif innermost(value) is not value:
            yield vars(value)["__wrapped__"]  # not what else a runner holds: its configs, its report
        else:
            yield kind
            yield from _elements(value)
            if self._references.is_of_script(kind) or kind.__module__.startswith("pyexp."):
                yield from _variables(value).values()

    def _parts_of_function(self, function: FunctionType) -> Iterator[Any]:
        if function.__globals__ is self._variables:
            self.functions[id(function)] = function
            yield from self._name_of(function)
            yield from self._globals_of(function)
        for cell in function.__closure__ or ():
            try:
                yield cell.cell_contents
            except ValueError:  # not bound yet
                continue
        yield from function.__defaults__ or ()
        yield from (function.__kwdefaults__ or {}).values()
        yield from vars(function).values()

    def _parts_of_class(self, cls: type) -> Iterator[Any]:
        if self._references.is_of_script(cls):
            self.classes[id(cls)] = cls
            yield from self._name_of(cls)
            yield from vars(cls).values()
            yield from cls.__bases__
            yield type(cls)

    def _name_of(self, definition: Any) -> Iterator[Any]:
        """Yield what is bound to the name under which *definition* is looked for, if it is found there."""
        name = definition.__qualname__
        if "<" not in name and innermost(resolve(self._variables, name)) is innermost(definition):
            yield from self._add(name.partition(".")[0])

    def _globals_of(self, function: FunctionType) -> Iterator[Any]:
        names = names_in(function.__code__)
        for name in names:
            yield from self._add(name)
        if "globals" in names and "globals" not in self._variables:
            for name in list(self._variables):
                if name not in self.names:
                    self.optional.add(name)
                    yield from self._add(name)

    def _add(self, name: str) -> Iterator[Any]:
        if _is_dunder(name) or name in self.names or name not in self._variables:
            return
        self.names[name] = self._variables[name]
        yield self.names[name]


@functools.cache
def names_in(code: CodeType) -> tuple[str, ...]:
    """Return the names that *code*, and what is defined within it, looks up among the globals."""
    found = {step.argval: None for step in dis.get_instructions(code) if step.opname in _GLOBAL_OPERATIONS}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found.update(dict.fromkeys(names_in(constant)))
    return tuple(found)


def class_attributes(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield the attributes of a class of the script that other code may have changed: not what Python keeps there."""
    for name, value in list(vars(cls).items()):
        if not (_is_dunder(name) or name.startswith("_abc_")) and type(value).__name__ not in {
            "member_descriptor", "getset_descriptor",
        }:  # fmt: skip
            yield name, value


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _elements(value: Any) -> Iterator[Any]:
    if isinstance(value, dict) and len(value) <= _LONGEST:
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, (list, tuple, set, frozenset)) and len(value) <= _LONGEST:
        yield from value


def _variables(value: Any) -> dict[str, Any]:
    return getattr(value, "__dict__", {})

"""Which objects are those of the script's module, and the names that find them again in the process of a run.

One rule for both sides: what the parent refers to, and what the child compares. Light.
"""

from __future__ import annotations

import sys
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from pyexp.code.start import MAIN, MULTIPROCESSING_MAIN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    class Ownership(Protocol):
        """What of the parent's module the child's own top makes, too."""

        def owns(self, name: str, definition: Any) -> bool:
            """Return whether the top makes *definition* (a function, a class, or another value) under *name*."""


PersistentId = tuple[Any, ...]

ABSENT: Any = object()
_SCRIPT_NAMES = (MAIN, MULTIPROCESSING_MAIN)
_ATOMS = frozenset({type(None), bool, int, float, complex, str, bytes, tuple, list, dict, BuiltinFunctionType})
_NAMED_BY_TYPING = frozenset({"NewType", "TypeVar", "ParamSpec", "TypeVarTuple", "TypeAliasType"})


class OwnsAll:
    """The ownership in the process of a run, where the top made all that its module holds."""

    def owns(self, name: str, definition: Any) -> bool:
        """Return True."""
        del name, definition
        return True


class References:
    """A finder of the names of the script's objects.

    Attributes:
        variables: The script's.
    """

    def __init__(self, variables: dict[str, Any], ownership: Ownership) -> None:
        self.variables = variables
        self.ownership = ownership
        self._found: dict[int, tuple[Any, PersistentId | None]] = {}
        for name, value in list(variables.items()):
            for depth, layer in enumerate(_layers(name, value)):
                if ownership.owns(name, value):
                    self._found.setdefault(id(layer), (layer, ("wrapped", name, depth) if depth else ("ref", name)))

    def find(self, value: Any) -> PersistentId | None:
        """Return the reference to *value*; None for what is not the script's own."""
        kind = type(value)
        if kind in _ATOMS:
            return ("globals",) if value is self.variables else None
        known = self._found.get(id(value))
        if known is not None:
            return known[1]
        if kind is FunctionType or issubclass(kind, type):
            reference = self._find_definition(value)
            self._found[id(value)] = value, reference
            return reference
        if kind is ModuleType and vars(value) is self.variables:
            return ("main",)
        return None

    def is_of_script(self, definition: Any) -> bool:
        """Return whether a function or class says that it is the script's."""
        return module_of(definition) in _SCRIPT_NAMES

    def _find_definition(self, definition: Any) -> PersistentId | None:
        if not self.is_of_script(definition):
            return None
        name: str = definition.__qualname__
        if resolve(self.variables, name) is not definition or not self.ownership.owns(name, definition):
            return None
        return "ref", name


def load_reference(variables: dict[str, Any], reference: PersistentId) -> Any:
    """Find what *reference* refers to, in the process of a run.

    Raises:
        LookupError: The script's top did not make it here.
    """
    match reference:
        case ("globals",):
            return variables
        case ("main",):
            return sys.modules[MAIN]
        case ("ref", name):
            found, depth = resolve(variables, name), 0
        case (_, name, depth):
            found = variables.get(name, ABSENT)
    for _ in range(depth):
        found = vars(found).get("__wrapped__", ABSENT) if found is not ABSENT else ABSENT
    if found is ABSENT:
        raise LookupError(
            f"the script's top did not make {name!r} in the run's process, as it did where it was started"
        )
    return found


def resolve(variables: dict[str, Any], qualified: str) -> Any:
    """Return what the dotted name leads to, ``ABSENT`` if it leads nowhere."""
    first, *rest = qualified.split(".")
    found = variables.get(first, ABSENT)
    for part in rest:
        try:
            found = getattr(found, part)
        except Exception:  # a descriptor of the user's may raise anything
            return ABSENT
    return found


def is_importable(definition: Any) -> bool:
    """Return whether a function or class is found by its name in a module other than the script."""
    name = getattr(definition, "__module__", None)
    module = sys.modules.get(name) if isinstance(name, str) and name not in _SCRIPT_NAMES else None
    return resolve(getattr(module, "__dict__", {}), definition.__qualname__) is definition


def module_of(definition: Any) -> str | None:
    """Return the module that a function or class names as its own."""
    own = vars(definition).get("__module__") if isinstance(definition, type) else definition.__module__
    return own if isinstance(own, str) else None


def innermost(function: Any) -> Any:
    """Return the function behind the decorators of *function* that set ``__wrapped__``."""
    for _ in range(100):
        wrapped = _wrapped(function)
        if wrapped is ABSENT:
            break
        function = wrapped
    return function


def _layers(name: str, value: Any) -> Iterator[Any]:
    """Yield *value*, bound to *name*, and what it wraps, if it is a decorated function or a name of `typing`."""
    kind = type(value)
    if kind.__module__ == "typing":
        if kind.__name__ in _NAMED_BY_TYPING and value.__module__ in _SCRIPT_NAMES and value.__name__ == name:
            yield value
        return
    inner = innermost(value)
    if kind is FunctionType:
        has_name = value is not inner and value.__qualname__ == name and module_of(value) in _SCRIPT_NAMES
    else:  # a runner, a cache: what else has no name of its own
        has_name = value is not inner and isinstance(inner, (FunctionType, type))
    while has_name and value is not ABSENT and not isinstance(value, type):
        yield value
        value = _wrapped(value)


def _wrapped(value: Any) -> Any:
    try:
        return vars(value).get("__wrapped__", ABSENT) if not isinstance(value, (type, ModuleType)) else ABSENT
    except TypeError:  # it has no variables
        return ABSENT

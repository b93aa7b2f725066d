"""How two values of one name are compared: by a digest of a pickle that is never loaded.

It describes more than can be pickled (functions, locks, modules), so that the child compares without cloudpickle.
"""

from __future__ import annotations

import functools
import pickle
import threading
import weakref
from contextvars import Context, ContextVar
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    MappingProxyType,
    MethodType,
    ModuleType,
)
from typing import TYPE_CHECKING, Any

from pyexp._cpython import blake2b
from pyexp.code.values.references import ABSENT, is_importable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pyexp.code.values.references import PersistentId, References

_VOLATILE = frozenset({"__dict__", "__weakref__", "_abc_impl", "__doc__", "__annotations__", "__annotate_func__"})
_PLAIN = frozenset({str, int, float, bool, type(None), bytes})
# Equal ones are interchangeable: it does not matter whether two names share them.
_SHAREABLE = (
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    tuple,
    frozenset,
    type,
    ModuleType,
    BuiltinFunctionType,
)


def digest_of(value: Any, references: References, own: Mapping[int, str]) -> bytes:
    """Return the digest of *value*.

    Args:
        value: What a name of the script holds.
        references: The script's definitions, which are described by their names.
        own: The names of values, by their identity: these are described by their names as well, except *value*.

    Raises:
        Exception: It cannot be described, for one of the many reasons that pickle has.
    """
    pickler = DigestPickler(references, own)
    pickler.describe(value)
    return pickler.digest()


class _Hash:
    """A file that keeps only the digest and the size of what is written."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=16)
        self.size = 0

    def write(self, data: Any) -> int:
        self._hash.update(data)
        length = len(data) if isinstance(data, bytes) else memoryview(data).nbytes
        self.size += length
        return length

    def digest(self) -> bytes:
        return self._hash.digest()


class DigestPickler(pickle.Pickler):
    """A describer of one value.

    Attributes:
        met: Names of the values of others that are in it.
    """

    def __init__(self, references: References, own: Mapping[int, str]) -> None:
        self._file = _Hash()
        super().__init__(self._file, protocol=5)
        self._references = references
        self._own = own
        self._root: Any = ABSENT
        self.met: set[str] = set()

    def describe(self, value: Any, name: str | None = None) -> None:
        """Describe *value*; where it is the own value of *name*, what it holds instead of that name."""
        if name is not None and self._own.get(id(value)) == name:
            self._root = value
        self.dump(value)

    def digest(self) -> bytes:
        """Return the digest of what was described."""
        return self._file.digest()

    @property
    def size_bytes(self) -> int:
        """Length of the description."""
        return self._file.size

    def persistent_id(self, value: Any) -> PersistentId | None:
        """Return the reference that replaces *value*, or None."""
        if type(value) in _PLAIN:
            return None
        if value is self._root:
            self._root = ABSENT  # the first time it is what is asked for
        else:
            name = self._own.get(id(value))
            if name is not None:
                self.met.add(name)
                return "own", name
            reference = self._references.find(value)
            if reference is not None:
                return reference
        if type(value) is set or type(value) is frozenset:
            return _ordered(value)
        return None

    def reducer_override(self, value: Any) -> Any:
        """Describe what pickle does not."""
        kind = type(value)
        if kind is FunctionType:
            return NotImplemented if is_importable(value) else _function(value)
        if issubclass(kind, type):
            return NotImplemented if is_importable(value) else _class(value)
        describe = _DESCRIPTIONS.get(kind)
        return NotImplemented if describe is None else describe(value)


def is_shareable(value: Any) -> bool:
    """Return whether it makes no difference if two names hold one *value* or two equal ones."""
    if isinstance(value, _SHAREABLE):
        return True
    kind = type(value)
    if type(kind).__module__ == "enum":
        return True
    # What compares by value and has no variables (a date, a dtype, a path) does not change.
    return getattr(kind, "__hash__", None) not in {None, object.__hash__} and not hasattr(value, "__dict__")


def _described(*parts: Any) -> None:
    """Do nothing: a digest is never loaded."""
    raise NotImplementedError(parts)


def _ordered(values: Any) -> PersistentId | None:
    """Return a set in an order that is the same in each process, or None if it has none."""
    try:
        ordered = sorted(values, key=lambda value: (type(value).__name__, value))
    except Exception:  # elements without an order, or with one of the user's own
        return None
    return type(values).__name__, ordered


def _function(function: FunctionType) -> tuple[Any, ...]:
    state = (function.__defaults__, function.__kwdefaults__, function.__closure__, function.__dict__)
    return _described, ("function", function.__qualname__, function.__code__), state


def _class(cls: type) -> tuple[Any, ...]:
    parts = {name: value for name, value in vars(cls).items() if name not in _VOLATILE and not _is_slot(value)}
    return _described, ("class", cls.__qualname__), (type(cls), cls.__bases__, parts)


def _is_slot(value: Any) -> bool:
    return type(value).__name__ in {"member_descriptor", "getset_descriptor"}


def _code(code: CodeType) -> tuple[Any, ...]:
    numbers = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags, code.co_firstlineno)
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return _described, (code.co_name, numbers, names, code.co_code, code.co_consts)


def _cell(cell: CellType) -> tuple[Any, ...]:
    try:
        return _described, ("cell",), (cell.cell_contents,)
    except ValueError:
        return _described, ("empty cell",)


def _variable(variable: ContextVar[Any]) -> tuple[Any, ...]:
    default, value = value_of(variable, Context()), value_of(variable, None)
    return _described, ("variable", variable.name), (list(default), list(value))


def value_of(variable: ContextVar[Any], context: Context | None) -> Iterator[Any]:
    """Yield the value of *variable* in *context* (None: the current one), if it has one."""
    try:
        yield context.run(variable.get) if context is not None else variable.get()
    except LookupError:
        return


_DESCRIPTIONS: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    CodeType: _code,
    CellType: _cell,
    ContextVar: _variable,
    weakref.ReferenceType: lambda reference: (_described, ("weak",), (reference(),)),
    weakref.WeakKeyDictionary: lambda weak: (_described, ("weak",), dict(weak)),
    weakref.WeakValueDictionary: lambda weak: (_described, ("weak",), dict(weak)),
    type(threading.Lock()): lambda _: (_described, ("lock",)),
    type(threading.RLock()): lambda _: (_described, ("lock",)),
    type(functools.cache(len)): lambda cache: (
        _described,
        ("cache", repr(cache.cache_parameters())),
        cache.__wrapped__,
    ),
    ModuleType: lambda module: (_described, ("module", module.__name__)),
    MappingProxyType: lambda proxy: (_described, ("mapping",), dict(proxy)),
    MethodType: lambda method: (_described, ("method",), (method.__func__, method.__self__)),
    property: lambda value: (_described, ("property",), (value.fget, value.fset, value.fdel)),
    staticmethod: lambda value: (_described, ("staticmethod",), value.__func__),
    classmethod: lambda value: (_described, ("classmethod",), value.__func__),
}

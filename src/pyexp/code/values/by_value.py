"""The pickler for what has no module in the process of a run: by value, with the reducers that scripts need.

Imports cloudpickle, and is imported by the parent alone; what it writes is made again by `made_again`.
"""

from __future__ import annotations

import typing
import weakref
from contextvars import Context, ContextVar
from enum import EnumType
from types import CellType, CodeType, FunctionType
from typing import IO, TYPE_CHECKING, Any

import cloudpickle

from pyexp.code.values import made_again
from pyexp.code.values.digest import value_of
from pyexp.code.values.in_place import is_in_place

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping

    from pyexp.code.values.references import PersistentId, References

_cloudpickle = cloudpickle.cloudpickle


class ValuePickler(cloudpickle.Pickler):  # type: ignore[misc]
    """A pickler of what the process of a run reads by `Unpickler`.

    Args:
        file: Where to.
        references: The script's definitions that are made there: they go by name.
        own: Names of the values that have a place of their own, by identity: where another value holds one, the child
            uses the one object that it has for the name.
        left: Names whose values cannot be pickled: the child's own are used for them.
    """

    dispatch_table = cloudpickle.Pickler.dispatch_table

    def __init__(
        self, file: IO[bytes], references: References, own: Mapping[int, str], left: Container[str] = ()
    ) -> None:
        super().__init__(file, protocol=5)
        self._references = references
        self._own = own
        self._left = left
        # A function that goes by value lives among the variables of the module that is made.
        self.globals_ref[id(references.variables)] = references.variables

    def persistent_id(self, value: Any) -> PersistentId | None:
        """Return the reference that replaces *value*, or None."""
        name = self._own.get(id(value))
        if name is not None and (name in self._left or is_in_place(value, self._references)):
            return "own", name
        if type(value) is made_again.Context:
            return (value.role,)
        return self._references.find(value)

    def reducer_override(self, value: Any) -> Any:
        """Pickle what pickle and cloudpickle do not; what has a name of its own is made only where it differs."""
        reduced = self._reduce(value)
        name = self._own.get(id(value))
        if name is None:
            return reduced
        if reduced is NotImplemented:
            reduced = _default_reduce(value, self.dispatch_table)
        return _kept(name, reduced) if isinstance(reduced, tuple) else NotImplemented

    def _reduce(self, value: Any) -> Any:
        kind = type(value)
        if kind is FunctionType:
            return self._reduce_function(value)
        if issubclass(kind, EnumType) and not _is_importable(value):
            return made_again.reduce_enum(value)
        if issubclass(kind, type):
            return _reduce_class(value)
        reduce = _REDUCERS.get(kind) or _REDUCERS_BY_NAME.get((kind.__module__, kind.__name__))
        if reduce is not None:
            return reduce(value)
        return super().reducer_override(value)

    def _reduce_function(self, function: FunctionType) -> Any:
        if _is_importable(function):
            return NotImplemented
        if made_again.is_single_dispatch(function):
            return made_again.reduce_single_dispatch(function)
        make, arguments, (state, slots), *_, setter = self._dynamic_function_reduce(function)
        if function.__globals__ is self._references.variables:
            slots |= {"__globals__": {}}  # the names that it uses are sent once for all, not with each function
        # Its own cells, so that functions that share one still do; filled when what they refer to exists.
        arguments = (*arguments[:-1], function.__closure__)
        held = [list(_contents_of(cell)) for cell in function.__closure__ or ()]
        return (
            make,
            arguments,
            (setter, (state, slots | {"__closure__": None}), held),
            None,
            None,
            made_again.fill_function,
        )


def _is_importable(definition: Any) -> bool:
    return bool(_cloudpickle._should_pickle_by_reference(definition))  # noqa: SLF001 — its own decision


def _reduce_class(cls: type) -> Any:
    reduced = _cloudpickle._class_reduce(cls)  # noqa: SLF001 — its own work, except for the name
    if not isinstance(reduced, tuple) or len(reduced) < 6 or not isinstance(reduced[2], tuple):  # noqa: PLR2004
        return reduced
    parts, slots = reduced[2]
    return (*reduced[:2], (parts | {"__qualname__": cls.__qualname__}, slots), *reduced[3:])


def _default_reduce(value: Any, table: Mapping[type, Callable[[Any], Any]]) -> Any:
    reduce = table.get(type(value))
    return reduce(value) if reduce is not None else value.__reduce_ex__(5)


def _kept(name: str, reduced: tuple[Any, ...]) -> tuple[Any, ...]:
    make, args, state, items, pairs, setter = (*reduced, None, None, None, None)[:6]
    rest = (
        state,
        None if items is None else list(items),
        None if pairs is None else list(pairs),
        setter,
    )
    if all(part is None for part in rest):
        return made_again.choose, (made_again.CHOICE, name, make, args)
    return (
        made_again.choose,
        (made_again.CHOICE, name, make, args),
        (made_again.CHOICE, name, *rest),
        None,
        None,
        made_again.complete,
    )


def _contents_of(cell: CellType) -> Iterator[Any]:
    try:
        yield cell.cell_contents
    except ValueError:  # not bound yet
        return


def _reduce_code(code: CodeType) -> tuple[Any, ...]:
    make, arguments = cloudpickle.Pickler.dispatch_table[CodeType](code)
    return made_again.make_code, (make, arguments, code.co_filename)


def _reduce_cache(cache: Any) -> tuple[Any, ...]:
    state = {name: value for name, value in vars(cache).items() if name != "__wrapped__"}
    return made_again.make_cache, (cache.__wrapped__, cache.cache_parameters()), state


def _reduce_variable(variable: ContextVar[Any]) -> tuple[Any, ...]:
    default, value = list(value_of(variable, Context())), list(value_of(variable, None))
    return made_again.make_variable, (variable.name, default, [] if value == default else value)


def _reduce_new_type(new_type: Any) -> Any:
    if _is_named(new_type):
        return NotImplemented
    state = {name: value for name, value in vars(new_type).items() if name != "__supertype__"}
    return made_again.make_new_type, (new_type.__name__, new_type.__supertype__), state


def _reduce_parameter(parameter: Any) -> Any:
    if _is_named(parameter):
        return NotImplemented
    options = {} if type(parameter).__name__ == "TypeVarTuple" else {"bound": parameter.__bound__}
    return made_again.make_parameter, (type(parameter).__name__, parameter.__name__, parameter.__module__, options)


def _reduce_type_var(variable: Any) -> Any:
    reduced = _cloudpickle._typevar_reduce(variable)  # noqa: SLF001 — its own work, except for the module
    if reduced[0] is getattr:
        return reduced
    return made_again.make_type_var, (*reduced, variable.__module__)


def _reduce_alias(alias: Any) -> Any:
    if _is_named(alias):
        return NotImplemented
    return made_again.make_alias, (alias.__name__, alias.__module__, alias.__value__, alias.__type_params__)


def _is_named(value: Any) -> bool:
    """Return whether an object of `typing` is found by its name in a module that can be imported."""
    module = value.__module__
    return module != "__main__" and _cloudpickle._lookup_module_and_qualname(value, name=value.__name__) is not None  # noqa: SLF001


def _reduce_weak(reference: weakref.ref[Any]) -> tuple[Any, ...]:
    target = reference()
    return made_again.make_weak, () if target is None else (target,)


def _reduce_lock(lock: Any) -> tuple[Any, ...]:
    return made_again.make_lock, (type(lock).__name__,)


_REDUCERS: dict[type, Callable[[Any], Any]] = {
    CellType: lambda _: (made_again.make_cell, ()),
    CodeType: _reduce_code,
    ContextVar: _reduce_variable,
    typing.NewType: _reduce_new_type,
    weakref.ref: _reduce_weak,
    weakref.WeakKeyDictionary: lambda weak: (weakref.WeakKeyDictionary, (dict(weak),)),
    weakref.WeakValueDictionary: lambda weak: (weakref.WeakValueDictionary, (dict(weak),)),
}
_REDUCERS_BY_NAME: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("functools", "_lru_cache_wrapper"): _reduce_cache,
    ("_thread", "lock"): _reduce_lock,
    ("_thread", "RLock"): _reduce_lock,
    ("typing", "TypeVar"): _reduce_type_var,
    ("typing", "ParamSpec"): _reduce_parameter,
    ("typing", "TypeVarTuple"): _reduce_parameter,
    ("typing", "TypeAliasType"): _reduce_alias,
}

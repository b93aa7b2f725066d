"""What came by value, made again in the process of a run; each maker has the function that takes the thing apart.

Light: cloudpickle is imported by the pickle itself, where it has made the thing.
"""

from __future__ import annotations

import functools
from types import CellType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import CodeType, FunctionType


class Context:
    """A reference, in a pickle, to its unpickler."""

    __slots__ = ("__weakref__", "role")

    def __init__(self, role: str) -> None:
        self.role = role


CHOICE = Context("choice")


def choose(choice: Any, name: str, make: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Make the value of *name*, unless the existing one stays."""
    return choice.choose(name, make, args)


def complete(value: Any, state: tuple[Any, ...]) -> None:
    """Restore the rest of the value's state, if `choose` made it."""
    choice, name, attributes, items, pairs, setter = state
    if choice.is_kept(name):
        return
    for item in items or ():
        value.append(item)
    for key, item in pairs or ():
        value[key] = item
    if setter is not None:
        setter(value, attributes)
    elif attributes is not None:
        _set_state(value, attributes)


def _set_state(value: Any, state: Any) -> None:
    """Set the state as the unpickler does."""
    setter = getattr(value, "__setstate__", None)
    if setter is not None:
        setter(state)
        return
    slots = None
    if isinstance(state, tuple) and len(state) == 2:  # noqa: PLR2004 — variables and slots
        state, slots = state
    if state:
        vars(value).update(state)
    for name, part in (slots or {}).items():
        setattr(value, name, part)


def make_code(make: Callable[..., CodeType], arguments: tuple[Any, ...], file: str) -> CodeType:
    """Make the code of a function, with the file that it is from."""
    return make(*arguments).replace(co_filename=file)


def make_cell() -> CellType:
    """Make a cell of a closure that holds nothing yet."""
    return CellType()


def fill_function(function: FunctionType, state: tuple[Any, ...]) -> None:
    """Set the attributes of a function, and the contents of its cells."""
    setter, attributes, held = state
    setter(function, attributes)
    for cell, contents in zip(function.__closure__ or (), held, strict=True):
        for value in contents:
            cell.cell_contents = value


def make_weak(*target: Any) -> Any:
    """Make a weak reference; to nothing when its target was gone already."""
    import weakref

    return weakref.ref(target[0] if target else Context(""))


def make_cache(function: Any, parameters: Mapping[str, Any]) -> Any:
    """Make what `functools.lru_cache` makes; it starts empty."""
    return functools.lru_cache(**parameters)(function)


def make_lock(kind: str) -> Any:
    """Make a lock that is not held."""
    import threading

    return threading.RLock() if kind == "RLock" else threading.Lock()


def make_variable(name: str, default: list[Any], value: list[Any]) -> Any:
    """Make a context variable, with the value that it had where it comes from."""
    from contextvars import ContextVar

    variable: ContextVar[Any] = ContextVar(name, default=default[0]) if default else ContextVar(name)
    for one in value:
        variable.set(one)
    return variable


def make_new_type(name: str, supertype: Any) -> Any:
    """Make a `typing.NewType`."""
    import typing

    return typing.NewType(name, supertype)


def make_parameter(kind: str, name: str, module: str, options: Mapping[str, Any]) -> Any:
    """Make a `typing.ParamSpec` or `typing.TypeVarTuple`."""
    import typing

    made = getattr(typing, kind)(name, **options)
    made.__module__ = module
    return made


def make_type_var(make: Callable[..., Any], arguments: tuple[Any, ...], module: str) -> Any:
    """Make a `typing.TypeVar`, with the module that it is from."""
    made = make(*arguments)
    made.__module__ = module
    return made


def make_alias(name: str, module: str, value: Any, parameters: tuple[Any, ...]) -> Any:
    """Make what ``type name = value`` makes; it takes its module from the variables of its caller."""
    import typing

    maker = typing.TypeAliasType  # type: ignore[attr-defined]
    names = {"__name__": module, "maker": maker, "name": name, "value": value, "parameters": parameters}
    return eval("maker(name, value, type_params=parameters)", names)  # noqa: S307 — a constant expression


def is_single_dispatch(function: FunctionType) -> bool:
    """Return whether `functools.singledispatch` made *function*."""
    return {"dispatch", "register", "registry", "__wrapped__"} <= vars(function).keys() and (
        function.__code__.co_filename == functools.singledispatch.__code__.co_filename
    )


def reduce_single_dispatch(function: Any) -> tuple[Any, ...]:
    """Take apart what `functools.singledispatch` made."""
    registry = [(kind, implementation) for kind, implementation in function.registry.items() if kind is not object]
    return functools.singledispatch, (function.__wrapped__,), registry, None, None, fill_single_dispatch


def fill_single_dispatch(function: Any, registry: list[tuple[type, Any]]) -> None:
    """Register the implementations."""
    for kind, implementation in registry:
        function.register(kind, implementation)


_COMPUTED = frozenset({
    "__dict__", "__weakref__", "_all_bits_", "_flag_mask_", "_hashable_values_", "_inverted_", "_member_map_",
    "_member_names_", "_singles_mask_", "_unhashable_values_", "_unhashable_values_map_", "_value2member_map_",
})  # fmt: skip
_OF_A_MEMBER = frozenset({"__objclass__", "_inverted_", "_name_", "_sort_order_", "_value_"})


def reduce_enum(cls: Any) -> tuple[Any, ...]:
    """Take an enum apart: its members as they are, whichever code made them."""
    members = [(name, _new_args(cls, member), member.value) for name, member in cls.__members__.items()]
    names = cls.__members__.keys()
    parts = {name: value for name, value in vars(cls).items() if name not in _COMPUTED and name not in names}
    attributes = {
        name: {key: value for key, value in vars(member).items() if key not in _OF_A_MEMBER}
        for name, member in cls.__members__.items()
    }
    header = (type(cls), cls.__name__, (cls.__module__, cls.__qualname__), cls.__bases__)
    return make_enum, (header, members, _tracker_id(cls)), (parts, attributes), None, None, fill_enum


def make_enum(header: tuple[Any, ...], members: list[tuple[str, Any, Any]], tracker: str) -> Any:
    """Make an enum with its members, without calling what its author wrote to make them."""
    meta, name, place, bases = header
    parts = meta.__prepare__(name, bases)
    parts["__module__"], parts["__qualname__"] = place
    parts["__new__"] = _new_member
    parts["__init__"] = _leave
    for member, args, value in members:
        parts[member] = _Member(args, value)
    return _tracked(tracker, meta.__new__(meta, name, bases, parts))


def fill_enum(cls: Any, state: tuple[Mapping[str, Any], Mapping[str, Any]]) -> None:
    """Set the methods of an enum, and the attributes of its members."""
    parts, attributes = state
    for name in ("__init__", "__new_member__"):
        if name not in parts and name in vars(cls):
            type.__delattr__(cls, name)
    for name, value in parts.items():
        type.__setattr__(cls, name, value)
    for name, values in attributes.items():
        vars(cls.__members__[name]).update(values)


class _Member:
    """What a member is made of."""

    def __init__(self, args: tuple[Any, ...], value: Any) -> None:
        self.args = args
        self.value = value


def _new_member(cls: Any, made_of: Any) -> Any:
    kind = cls._member_type_
    if kind is tuple:  # handed over as a tuple then
        (made_of,) = made_of
    member = object.__new__(cls) if kind is object else kind.__new__(cls, *made_of.args)
    member._value_ = made_of.value
    return member


def _leave(self: Any, *args: Any) -> None:
    """Do nothing: the attributes are set later."""


def _new_args(cls: Any, member: Any) -> tuple[Any, ...]:
    """Return the arguments from which the data type of a mixed enum makes the member."""
    kind = cls._member_type_
    if kind is object:
        return ()
    if hasattr(kind, "__getnewargs__"):
        return tuple(kind.__getnewargs__(member))
    if kind.__reduce__ is object.__reduce__:
        return ()
    return tuple(kind.__reduce__(member)[1])


def _tracker_id(cls: Any) -> str:
    import cloudpickle.cloudpickle

    tracker: str = cloudpickle.cloudpickle._get_or_create_tracker_id(cls)  # noqa: SLF001 — its identity of classes
    return tracker


def _tracked(tracker: str, cls: Any) -> Any:
    import cloudpickle.cloudpickle

    return cloudpickle.cloudpickle._lookup_class_or_track(tracker, cls)  # noqa: SLF001 — as above

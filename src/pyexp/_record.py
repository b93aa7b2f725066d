"""Frozen values without `dataclasses`, whose import and making cost a run's process more than all else in this library.

Owns `Record`: what ``@dataclass(frozen=True, slots=True, kw_only=True)`` makes of a class, at the cost of a plain one.
`dataclasses` takes it for one of its own (`replace`, `fields`, `asdict`); what that needs is made when it is asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import Field
    from typing import Any, ClassVar, NoReturn, Self, TypeVar, dataclass_transform

    R = TypeVar("R", bound="Record")
else:

    def dataclass_transform(**_options: Any) -> Callable[[Any], Any]:
        """Do nothing: it speaks to type checkers, and `typing` need not be imported for that."""
        return lambda decorated: decorated


class _Shape:
    """What is known of a class of records.

    Attributes:
        places: What sets each field, in order.
        defaults: The fields that may be left out.
        types: The annotation of each.
        fresh: Fields whose default is copied.
        dataclass: The dataclass of the same fields, made on the first request.
    """

    __slots__ = ("dataclass", "defaults", "fresh", "places", "types")

    def __init__(
        self, places: dict[str, Callable[[Any, Any], None]], defaults: dict[str, Any], types: dict[str, Any]
    ) -> None:
        self.places = places
        self.defaults = defaults
        self.types = types
        self.fresh = tuple(name for name, value in defaults.items() if type(value) is dict)
        self.dataclass: type | None = None


_shapes: dict[type, _Shape] = {}


class _OfDataclass:
    """An attribute that the dataclass of the same fields has."""

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, _instance: object, owner: type) -> Any:
        return getattr(_dataclass_like(owner), self._name)


@dataclass_transform(kw_only_default=True, frozen_default=True)
class RecordType(type):
    """Makes of the annotations of a class its slots and its keywords."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> RecordType:
        """Make the class; a field that is declared again keeps its place and loses its former default."""
        own = namespace.get("__annotations__", {}) if bases else {}
        above = _shapes.get(bases[0]) if bases else None
        given = {field: namespace.pop(field) for field in own if field in namespace}
        places, defaults, types = (above.places, above.defaults, above.types) if above else ({}, {}, {})
        new = tuple(field for field in own if field not in places)
        made = super().__new__(cls, name, bases, namespace | {"__slots__": new})
        kept = {field: value for field, value in defaults.items() if field not in own}
        setters = {field: getattr(made, field).__set__ for field in new}
        _shapes[made] = _Shape(places | setters, kept | given, types | own)
        return made


class Record(metaclass=RecordType):
    """A frozen value: the annotations of a subclass are its fields, given by keyword.

    A default that is a dict is copied for each value. ``__post_init__`` is called where there is one.
    """

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    else:
        __dataclass_fields__ = _OfDataclass()
        __dataclass_params__ = _OfDataclass()
        __signature__ = _OfDataclass()

        def __init__(self, **values: Any) -> None:
            cls = type(self)
            shape = _shapes[cls]
            given = shape.defaults | values
            if given.keys() != shape.places.keys():
                raise _refusal(cls, values, given)
            for name in shape.fresh:
                if name not in values:
                    given[name] = given[name].copy()
            for name, put in shape.places.items():
                put(self, given[name])
            if hasattr(cls, "__post_init__"):
                self.__post_init__()

        def __setattr__(self, name: str, value: object) -> None:
            _refuse("assign to", name)

        def __delattr__(self, name: str) -> None:
            _refuse("delete", name)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _state(self) == _state(other)

    def __hash__(self) -> int:
        return hash(tuple(_state(self).values()))

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in _state(self).items())})"

    def __getstate__(self) -> dict[str, Any]:
        return _state(self)

    def __setstate__(self, state: dict[str, Any] | list[Any]) -> None:
        if isinstance(state, list):  # of a dataclass, which these values were once
            state = dict(zip(_shapes[type(self)].places, state, strict=True))
        for name, put in _shapes[type(self)].places.items():
            put(self, state.get(name))

    def __replace__(self, /, **changes: Any) -> Self:
        """Return the same value with *changes*; `copy.replace` calls this."""
        return replace(self, **changes)


def replace(record: R, /, **changes: Any) -> R:
    """Return *record* with *changes*, as `dataclasses.replace` does.

    Raises:
        TypeError: There is no such field.
    """
    return type(record)(**(_state(record) | changes))


def names_of(kind: type[Record]) -> tuple[str, ...]:
    """Names of the fields, in order."""
    return tuple(_shapes[kind].places)


def _state(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _shapes[type(record)].places}


def _refusal(cls: type, values: dict[str, Any], given: dict[str, Any]) -> TypeError:
    fields = _shapes[cls].places
    unknown = [name for name in values if name not in fields]
    if unknown:
        return TypeError(f"{cls.__name__}() got an unexpected keyword argument {unknown[0]!r}")
    missing = [name for name in fields if name not in given]
    return TypeError(f"{cls.__name__}() misses the keyword argument {missing[0]!r}")


def _refuse(action: str, name: str) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot {action} field {name!r}")


def _dataclass_like(cls: type) -> type:
    """Return the dataclass of the same fields."""
    shape = _shapes[cls]
    if shape.dataclass is None:
        import dataclasses
        import inspect

        fields = [(name, shape.types[name], _field_like(shape, name)) for name in shape.places]
        made = dataclasses.make_dataclass(cls.__name__, fields, frozen=True, kw_only=True)
        made.__signature__ = inspect.signature(made)  # type: ignore[attr-defined]
        shape.dataclass = made
    return shape.dataclass


def _field_like(shape: _Shape, name: str) -> Any:
    import dataclasses

    if name in shape.fresh:
        return dataclasses.field(default_factory=shape.defaults[name].copy)
    return dataclasses.field(default=shape.defaults.get(name, dataclasses.MISSING))

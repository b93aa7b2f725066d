"""What may differ from what the script's top makes: an entry for each name, and one pickle of all, in pieces.

A piece holds the names whose values share parts, so that they still do when they are made again. The child opens only
the pieces in which something differs.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from enum import EnumType
from types import FunctionType
from typing import TYPE_CHECKING, Any

from pyexp.code.values.by_value import ValuePickler
from pyexp.code.values.digest import DigestPickler, is_shareable
from pyexp.code.values.entry import BODY, Entry
from pyexp.code.values.in_place import INSTANCE, contents_of, kind_of
from pyexp.code.values.places import own_names
from pyexp.code.values.reached import Reached, class_attributes
from pyexp.code.values.references import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from pyexp.code.values.references import PersistentId, References

_FUNCTION_PARTS = ("__defaults__", "__kwdefaults__", "__dict__")


@dataclass(slots=True)
class Description:
    """What a value looks like.

    Attributes:
        digest: None when it cannot be described.
        size_bytes: Of the description.
        holds: Names whose values are in it.
        parts: The objects in it that others may share.
    """

    digest: bytes | None
    size_bytes: int
    holds: set[str]
    parts: dict[int, Any]


@dataclass(slots=True)
class Joint:
    """The values that are sent in addition to the references.

    Attributes:
        entries: Theirs.
        data: The pieces, one after the other.
        units: Offset and length of each piece.
        sizes: Bytes of each name.
        refused: What could not be pickled, and why.
        unit_of: The piece that has each of the roots.
    """

    entries: list[Entry] = field(default_factory=list)
    data: bytes = b""
    units: list[tuple[int, int]] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    refused: dict[str, Exception] = field(default_factory=dict)
    unit_of: dict[str, int] = field(default_factory=dict)

    def piece(self, unit: int) -> bytes:
        """Return the pickle of one piece."""
        offset, length = self.units[unit]
        return self.data[offset : offset + length]


class Gathering:
    """The search for the values that are sent, with a description of each."""

    def __init__(self, references: References, reached: Reached) -> None:
        self._references = references
        self.reached = reached
        self.values: dict[str, Any] = {}
        self.own: dict[int, str] = {}
        self.descriptions: dict[str, Description] = {}

    def gather(self) -> None:
        """Describe what is reached, and follow what the descriptions find, until nothing is new."""
        while True:
            self.values = dict(self._travelling())
            self.own = own_names(self.values.items(), self._references)
            before = self._extent()
            self.descriptions = {name: self._describe(name, value) for name, value in self.values.items()}
            if self._extent() == before:
                return

    def describe_root(self, value: Any) -> Description:
        """Describe what is not a name of the script."""
        return self._describe(BODY, value)

    def kind(self, name: str, value: Any) -> str | None:
        """Return how *value* is filled where it has *name*; None when it is replaced."""
        return kind_of(value, self._references) if self.own.get(id(value)) == name else None

    def state(self, name: str, value: Any) -> Any:
        """Return what is pickled for *name*: the contents of what is filled, the value of what is replaced."""
        return value if self.kind(name, value) is None else contents_of(value)

    def _extent(self) -> tuple[int, int, int]:
        return len(self.reached.names), len(self.reached.classes), len(self.reached.functions)

    def _describe(self, name: str, value: Any) -> Description:
        pickler = _Explorer(self._references, self.own)
        try:
            pickler.describe(value, name)
            digest = pickler.digest()
        except Exception:  # as many reasons as there are classes
            digest = None
        self.reached.follow(*pickler.definitions)
        return Description(digest=digest, size_bytes=pickler.size_bytes, holds=pickler.met, parts=pickler.parts)

    def _travelling(self) -> Iterable[tuple[str, Any]]:
        """Yield names, attributes of classes, and parts of functions that are not described by a name of their own."""
        for name, value in self.reached.names.items():
            if self._references.find(value) not in {("ref", name), ("wrapped", name, 0)}:
                yield name, value
        for cls in self.reached.classes.values():
            if self._references.find(cls) == ("ref", cls.__qualname__) and not isinstance(cls, EnumType):
                yield from self._attributes_of(cls)
        for function in self.reached.functions.values():
            if self._references.find(function) == ("ref", function.__qualname__):
                for part in _FUNCTION_PARTS:
                    if value := getattr(function, part):
                        yield f"{function.__qualname__}.{part}", value

    def _attributes_of(self, cls: type) -> Iterable[tuple[str, Any]]:
        for attribute, value in class_attributes(cls):
            name = f"{cls.__qualname__}.{attribute}"
            functions = _functions_of(value)
            if not functions or not all(self._is_own(function, name) for function in functions):
                yield name, value

    def _is_own(self, function: Any, name: str) -> bool:
        """Return whether *function* is the one that the class statement has made there."""
        return function.__qualname__ == name and self._references.ownership.owns(name, function)


class _Explorer(DigestPickler):
    """A describer of a value that notes what it finds on the way.

    Attributes:
        parts: Objects that others may hold as well, kept alive.
        definitions: Functions and classes.
    """

    def __init__(self, references: References, own: Mapping[int, str]) -> None:
        super().__init__(references, own)
        self.parts: dict[int, Any] = {}
        self.definitions: list[Any] = []

    def persistent_id(self, value: Any) -> PersistentId | None:
        """Note *value*."""
        if isinstance(value, (FunctionType, type)):
            self.definitions.append(value)
        found = super().persistent_id(value)
        if found is None and not is_shareable(value):
            self.parts[id(value)] = value
        return found


def join(gathering: Gathering, references: References, roots: Mapping[str, Any]) -> Joint:
    """Pickle what was gathered, and *roots*: what is not a name of the script, such as the experiment itself."""
    values = {**gathering.values, **roots}
    descriptions = gathering.descriptions | {name: gathering.describe_root(value) for name, value in roots.items()}
    joint = Joint(sizes={name: descriptions[name].size_bytes for name in gathering.values})
    joint.refused = _refused(values, gathering, references)
    left = {name for name in joint.refused if name not in roots and references.ownership.owns(name, ABSENT)}
    names = [name for name in values if name not in joint.refused]
    kinds = {name: gathering.kind(name, value) for name, value in values.items()}
    replaced = {name for name in names if kinds[name] is None}
    groups = _components(names, descriptions)
    units = _components(names, descriptions, replaced)
    with io.BytesIO() as file:
        for unit in range(len(set(units.values()))):
            members = {name: gathering.state(name, values[name]) for name in names if units[name] == unit}
            begin = file.tell()
            ValuePickler(file, references, gathering.own, left).dump(members)
            joint.units.append((begin, file.tell() - begin))
        joint.data = file.getvalue()
    joint.unit_of = {name: units[name] for name in roots if name in units}
    for name, value in gathering.values.items():
        if name in units or name in left:
            cls = type(value).__qualname__ if kinds[name] == INSTANCE else None
            entry = Entry(
                name=name,
                digest=descriptions[name].digest,
                kind=kinds[name],
                cls=cls,
                group=groups.get(name, -1),
                unit=units.get(name),
                holds=tuple(sorted(descriptions[name].holds)),
            )
            joint.entries.append(entry)
    return joint


def _refused(values: Mapping[str, Any], gathering: Gathering, references: References) -> dict[str, Exception]:
    """Return what cannot be pickled, even if the child keeps its own value for what cannot."""
    refused: dict[str, Exception] = {}
    for left in (set[str](), refused):
        known = {name for name in left if references.ownership.owns(name, ABSENT)}
        tried = {}
        for name in left or values:
            pickler = ValuePickler(NOWHERE, references, gathering.own, known - {name})
            try:
                pickler.dump(gathering.state(name, values[name]))
            except Exception as error:  # as many reasons as there are classes
                tried[name] = error
        refused = tried
        if not refused:
            break
    return refused


class _Nowhere(io.RawIOBase):
    """A file that discards what is written."""

    def write(self, data: Any) -> int:
        return len(data) if isinstance(data, bytes) else memoryview(data).nbytes


NOWHERE: Any = _Nowhere()


def _components(
    names: list[str], descriptions: Mapping[str, Description], replaced: AbstractSet[str] = frozenset()
) -> dict[str, int]:
    """Number the names; those that share parts, or hold a value that is replaced, get one number."""
    leader = {name: name for name in names}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = name = leader[leader[name]]
        return name

    first: dict[int, str] = {}
    for name in names:
        for part in descriptions[name].parts:
            leader[find(name)] = find(first.setdefault(part, name))
        for held in descriptions[name].holds & replaced:
            leader[find(name)] = find(held)
    numbers: dict[str, int] = {}
    return {name: numbers.setdefault(find(name), len(numbers)) for name in names}


def _functions_of(value: Any) -> list[Any]:
    """Return the functions that an attribute of a class consists of, if nothing else does."""
    if isinstance(value, FunctionType):
        return [value]
    if isinstance(value, (staticmethod, classmethod)):
        return [value.__func__] if isinstance(value.__func__, FunctionType) else []
    if isinstance(value, property):
        parts = [part for part in (value.fget, value.fset, value.fdel) if part is not None]
        return parts if all(isinstance(part, FunctionType) for part in parts) else []
    return []

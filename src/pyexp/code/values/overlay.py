"""The variables of the script as the parent has them: what differs from what the top made here is taken over.

Light: a child in which nothing differs opens nothing.
"""

from __future__ import annotations

import io
import pickle
from typing import IO, TYPE_CHECKING, Any

from pyexp.code.values.digest import DigestPickler
from pyexp.code.values.in_place import INSTANCE, empty, fill, kind_of
from pyexp.code.values.places import look_up, own_names, put
from pyexp.code.values.references import ABSENT, OwnsAll, References, load_reference, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyexp.code.values.entry import Entry
    from pyexp.code.values.references import PersistentId


class Overlay:
    """The comparison of the script's variables, and the takeover of those that differ.

    Args:
        variables: Those of the script's module in this process.
        entries: What may differ.
        units: Offset and length of each piece of the joint pickle.
        open_joint: Opens the joint pickle; called only where something differs.
    """

    def __init__(
        self,
        variables: dict[str, Any],
        entries: Sequence[Entry],
        units: Sequence[tuple[int, int]],
        open_joint: Callable[[], IO[bytes]],
    ) -> None:
        self._variables = variables
        self._entries = {entry.name: entry for entry in entries}
        self._pieces = units
        self._open_joint = open_joint
        self._values: dict[str, Any] = {}  # what each name has here, or will have
        self._differing: set[str] = set()
        self._units: dict[int, dict[str, Any]] = {}

    def take_over(self) -> None:
        """Make the variables those of the parent."""
        if self._entries:
            self._compare()
        if self._differing:
            self._prepare()
            contents = {name: self.load(self._entries[name].unit, name) for name in self._differing}
            # Instances first: containers may hash them.
            for name in sorted(self._differing, key=lambda name: self._entries[name].kind != INSTANCE):
                self._replace(name, contents[name])

    def load(self, unit: int | None, name: str) -> Any:
        """Return what the joint pickle has for *name*, in its piece *unit*."""
        assert unit is not None
        if unit not in self._units:
            offset, length = self._pieces[unit]
            with self._open_joint() as file:
                file.seek(offset)
                self._units[unit] = self.unpickle(file.read(length))
        return self._units[unit][name]

    def unpickle(self, data: bytes) -> Any:
        """Unpickle what refers to the script."""
        return Unpickler(io.BytesIO(data), self).load()

    def find(self, reference: PersistentId) -> Any:
        """Return what a pickle refers to."""
        match reference:
            case ("own", name):
                return self._values[name] if name in self._values else look_up(self._variables, name)
            case ("choice",):
                return self
            case ("set" | "frozenset", *_):
                raise pickle.UnpicklingError("a digest is not loaded")
        return load_reference(self._variables, reference)

    def is_kept(self, name: str) -> bool:
        """Return whether *name* keeps its value in this process."""
        return name not in self._differing

    def choose(self, name: str, make: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Return the value of *name*: the existing one, or a new one."""
        if self.is_kept(name):
            return self.find(("own", name))
        self._values[name] = value = make(*args)
        return value

    def _compare(self) -> None:
        references = References(self._variables, OwnsAll())
        here = {name: look_up(self._variables, name) for name in self._entries}
        own = own_names(here.items(), references)
        for name, entry in self._entries.items():
            if entry.unit is None:
                continue
            if here[name] is ABSENT or not _is_equal(entry, here[name], references, own):
                self._differing.add(name)
        if self._differing:
            stays = {name for name, entry in self._entries.items() if _is_filled(entry, here[name], references)}
            self._spread(stays)
            self._values = {name: here[name] for name in stays & self._differing}

    def _spread(self, stays: set[str]) -> None:
        """Take with each name those that share parts with it, or hold what is replaced."""
        while True:
            groups = {self._entries[name].group for name in self._differing}
            replaced = self._differing - stays
            more = {
                name
                for name, entry in self._entries.items()
                if name not in self._differing
                and entry.unit is not None
                and (entry.group in groups or not replaced.isdisjoint(entry.holds))
            }
            if not more:
                return
            self._differing |= more

    def _prepare(self) -> None:
        """Have an object for each name that is filled, before anything refers to it."""
        for name in self._differing:
            entry = self._entries[name]
            if entry.kind is not None and name not in self._values:
                self._values[name] = empty(_class_of(entry, self._variables))

    def _replace(self, name: str, contents: Any) -> None:
        entry = self._entries[name]
        value = contents
        if entry.kind is not None:
            value = self._values[name]
            fill(value, contents)
        if look_up(self._variables, name) is not value:
            put(self._variables, name, value)


class Unpickler(pickle.Unpickler):
    """An unpickler of what `by_value.ValuePickler` wrote."""

    def __init__(self, file: IO[bytes], overlay: Overlay) -> None:
        super().__init__(file)
        self._overlay = overlay

    def persistent_load(self, reference: PersistentId) -> Any:
        """Return what a pickle refers to."""
        return self._overlay.find(reference)


def _is_equal(entry: Entry, value: Any, references: References, own: dict[int, str]) -> bool:
    if entry.digest is None:
        return False
    pickler = DigestPickler(references, own)
    try:
        pickler.describe(value, entry.name)
    except Exception:  # as many reasons as there are classes
        return False
    return pickler.digest() == entry.digest


def _is_filled(entry: Entry, value: Any, references: References) -> bool:
    """Return whether the existing value stays, with other contents."""
    if entry.kind is None or value is ABSENT or kind_of(value, references) != entry.kind:
        return False
    return entry.kind != INSTANCE or type(value).__qualname__ == entry.cls


def _class_of(entry: Entry, variables: dict[str, Any]) -> Any:
    if entry.kind == INSTANCE:
        assert entry.cls is not None
        return resolve(variables, entry.cls)
    import builtins
    import collections

    assert entry.kind is not None
    return getattr(builtins, entry.kind, None) or getattr(collections, entry.kind)

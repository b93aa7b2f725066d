"""The description of a name of the script, by which the child decides whether it differs. A frozen value."""

from __future__ import annotations

from typing import Final

from pyexp._record import Record

# Not names of the script's own, though they are in its module.
BODY: Final = ""
TYPES: Final = "registered classes"


class Entry(Record):
    """A name of the script that the experiment reaches.

    Attributes:
        name: The name; dotted for an attribute of a class or function.
        digest: That of its value in the parent; None for what could not be described, and is always taken.
        kind: How its value is filled; None when it is replaced. ``instance``: an instance of the class *cls*.
        cls: The name of that class.
        group: Entries of one group share parts: when one differs, all are taken.
        unit: The piece of the joint pickle that has it; None for what cannot be pickled: the child keeps its own.
        holds: Names whose values are in its value.
    """

    name: str
    digest: bytes | None
    kind: str | None
    cls: str | None
    group: int
    unit: int | None
    holds: tuple[str, ...]

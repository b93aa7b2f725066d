"""What every process of a batch gets of the user's code: frozen values, cheap to unpickle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyexp.code.script.making import Script
    from pyexp.code.values.entry import Entry
    from pyexp.code.values.logging_setup import LoggingSetup


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """The user's code, as the process of a run takes it.

    Attributes:
        script: The script to make first.
        entries: What of it may differ from what its top makes.
        units: Offset and length of each piece of the joint pickle.
        body: The experiment, pickled; None when it shares parts with the entries and is in a unit itself.
        body_unit: That unit.
        types: The registered classes: a name to import each by, None for what is in the unit `types_unit`.
        types_unit: The unit of those that go by value.
        not_sent: Why a name did not come along.
        logging: The caller's logging, where no top sets it up.
    """

    script: Script
    entries: tuple[Entry, ...] = ()
    units: tuple[tuple[int, int], ...] = ()
    body: bytes | None = None
    body_unit: int | None = None
    types: Mapping[str, str | None] = field(default_factory=dict)
    types_unit: int | None = None
    not_sent: Mapping[str, str] = field(default_factory=dict)
    logging: LoggingSetup | None = None

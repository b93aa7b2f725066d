"""The child's side: make the script's module, take over what differs, then return the experiment.

In two steps, for a process that makes the module once and is forked for each run. Light.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from pyexp._record import Record
from pyexp.code.script.making import make_script
from pyexp.code.start import start
from pyexp.code.values.entry import BODY, TYPES
from pyexp.code.values.overlay import Overlay

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyexp.code.script.making import Script
    from pyexp.code.values.entry import Entry
    from pyexp.code.values.logging_setup import LoggingSetup
    from pyexp.task import Body


class Package(Record):
    """The user's code, as the process of a run takes it.

    Attributes:
        script: The script to make first.
        entries: What of it may differ from what its top makes.
        units: Offset and length of each piece of the joint pickle.
        body: The experiment, pickled; None when it shares parts with the entries and is in a unit itself.
        body_unit: That unit.
        types: The registered classes: a name to import each by, None for what is in the unit `types_unit`.
        types_unit: The unit of those that go by value.
        not_sent: Why a name was not sent.
        logging: The caller's logging, where no top sets it up.
    """

    script: Script
    entries: tuple[Entry, ...] = ()
    units: tuple[tuple[int, int], ...] = ()
    body: bytes | None = None
    body_unit: int | None = None
    types: Mapping[str, str | None] = {}
    types_unit: int | None = None
    not_sent: Mapping[str, str] = {}
    logging: LoggingSetup | None = None


class MadeScript:
    """The script's module in this process, with the parent's values, and the experiment in it."""

    def __init__(self, package: Package, open_joint: Callable[[], IO[bytes]]) -> None:
        """Make it.

        Args:
            package: What the parent sent.
            open_joint: Opens the joint pickle; called only where something differs.

        Raises:
            BaseException: Whatever the script's top raises.
        """
        self._package = package
        start.not_sent = package.not_sent
        if package.logging is not None:
            from pyexp.code.values.logging_setup import apply_logging

            apply_logging(package.logging)
        self._overlay = Overlay(make_script(package.script), package.entries, package.units, open_joint)
        self._overlay.take_over()
        self._adopt_types()

    def take_body(self) -> Body:
        """Make the experiment."""
        package = self._package
        if package.body is not None:
            body: Body = self._overlay.unpickle(package.body)[BODY]
        else:
            body = self._overlay.load(package.body_unit, BODY)
        return body

    def _adopt_types(self) -> None:
        """Register what the parent has and the top has not registered here."""
        if not self._package.types:
            return
        from pyexp.config import registry

        missing = self._package.types.keys() - registry.registered().keys()
        for name in missing:
            reference: Any = self._package.types[name]
            if reference is None:
                reference = self._overlay.load(self._package.types_unit, TYPES)[name]
            registry.adopt(name, reference)


def unpack(package: Package, open_joint: Callable[[], IO[bytes]]) -> Body:
    """Make the script and return the experiment, in one step."""
    return MadeScript(package, open_joint).take_body()

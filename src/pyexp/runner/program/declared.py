"""The experiments that a program declares in ``__main__``: each of them reads the same command line.

Owns which there are and which of them were started; does not know what a start does. Light: a run's process imports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakSet, ref

from pyexp.errors import NothingMatchesError, SettingsError

if TYPE_CHECKING:
    from types import FrameType

    from pyexp.definition.declaration import Declaration


class DeclaredExperiments:
    """The experiments of this program.

    Attributes:
        has_match: Some start of this program found what the command line asks for.
    """

    def __init__(self) -> None:
        self.has_match = False
        self._known: list[ref[Declaration]] = []
        self._started: WeakSet[Declaration] = WeakSet()

    def add(self, declaration: Declaration, frame: FrameType) -> None:
        """Note *declaration* if it is one of ``__main__``: by its function or class, or by *frame*, its caller."""
        if "__main__" in (declaration.module, _caller_module(frame)):
            self._known.append(ref(declaration))

    def forget(self, declaration: Declaration) -> None:
        """Do not count *declaration*, which is a copy."""
        self._known = [each for each in self._known if each() is not declaration]

    def known(self) -> list[Declaration]:
        """Return those that are still there, in the order of their declaration."""
        found = [each() for each in self._known]
        return [each for each in found if each is not None]

    def note_start(self, declaration: Declaration) -> None:
        """Note that *declaration* is started now."""
        self._started.add(declaration.origin)

    def are_several(self, declaration: Declaration) -> bool:
        """Return whether *declaration* is one of several experiments of this program."""
        known = self.known()
        return len(known) > 1 and any(each is declaration.origin for each in known)

    def are_all_started(self) -> bool:
        """Return whether each of them was started."""
        return all(each in self._started for each in self.known())

    def require_meant(self, declaration: Declaration, only: str | None) -> None:
        """Refuse to start *declaration* where the start is for the experiment called *only*.

        Raises:
            NothingMatchesError: Another one has this name.
            SettingsError: None has.
        """
        if only is None or only == declaration.own_name:
            return
        names = dict.fromkeys([*(each.own_name for each in self.known()), declaration.own_name])
        if only not in names:
            from pyexp.config.suggestion import nearest

            raise SettingsError(f"no experiment of this program is called {only!r}: {nearest(only, names)}")
        raise NothingMatchesError(f"left out, since the start is for {only!r} only")


declared = DeclaredExperiments()


def _caller_module(frame: FrameType | None) -> str | None:
    """Return the module of the first caller outside of pyexp."""
    while frame is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] == "pyexp":
        frame = frame.f_back
    return None if frame is None else frame.f_globals.get("__name__")

"""Modules under the names that they had in earlier versions, since pickles of those versions name them.

Owns the table; imports nothing until a former name is asked for.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import ModuleType

_FORMER: Final = {
    "pyexp.config.sweep": "pyexp.sweeps.sweep",
    "pyexp.config.tensor": "pyexp.tensor.tensor",
    "pyexp.executors.fork": "pyexp.executors.local.fork",
    "pyexp.executors.inline": "pyexp.executors.local.inline",
    "pyexp.executors.subprocess": "pyexp.executors.local.subprocess",
    "pyexp.log.answers": "pyexp.log.values.scalar_arrays",
    "pyexp.log.event_file": "pyexp.log.values.parts",
    "pyexp.log.events": "pyexp.log.values.events",
    "pyexp.log.lifecycle": "pyexp.log.queue.exit_hooks",
    "pyexp.log.series": "pyexp.log.values.series",
}


class _Finder:
    """A finder of modules by their former names; asked after every other finder."""

    @staticmethod
    def find_spec(name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        if name not in _FORMER:
            return None
        # Not derived from importlib.abc.Loader, whose module takes longer to import than all of ours.
        return ModuleSpec(name, _Loader)  # type: ignore[arg-type]


class _Loader:
    """A loader of modules that look each attribute up in today's module."""

    @staticmethod
    def create_module(_spec: ModuleSpec) -> None:
        """Leave it to the import system."""

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """Make *module* look its attributes up in today's module."""

        def look_up(name: str) -> Any:
            return getattr(import_module(_FORMER[module.__name__]), name)

        module.__getattr__ = look_up  # type: ignore[method-assign]


def install() -> None:
    """Let the import system find former names."""
    sys.meta_path.append(_Finder)

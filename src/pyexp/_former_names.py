"""Modules under the names that they had in earlier versions, since pickles of those versions name them.

Owns the table; imports nothing until somebody asks for a former name.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import ModuleType

_FORMER: Final = {
    "pyexp.config.tensor": "pyexp.tensor.tensor",
}


class _Finder:
    """Finds modules by their former names; asked after every other finder."""

    @staticmethod
    def find_spec(name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        # A loader by its methods: the base class would have every program import `tempfile`.
        return ModuleSpec(name, _Loader()) if name in _FORMER else None  # type: ignore[arg-type]


class _Loader:
    """Makes a module that looks each attribute up in the module of today."""

    @staticmethod
    def create_module(_spec: ModuleSpec) -> None:
        """Have the import system make the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Give *module* the attributes of the module of today."""

        def look_up(name: str) -> Any:
            return getattr(import_module(_FORMER[module.__name__]), name)

        module.__getattr__ = look_up  # type: ignore[method-assign]


def install() -> None:
    """Let the import system find former names."""
    sys.meta_path.append(_Finder)

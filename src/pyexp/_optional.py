"""Imports what only an extra installs. Owns the one sentence a person reads when it is missing."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from pyexp.errors import MissingExtraError

if TYPE_CHECKING:
    from types import ModuleType


def import_extra(module: str, extra: str, purpose: str) -> ModuleType:
    """Import *module*, which comes with the extra *extra* and is needed for *purpose*.

    Raises:
        MissingExtraError: The module, or something that it needs itself, is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f'{purpose} needs the package {error.name!r}, which is not installed: pip install "pyexp[{extra}]"',
            name=error.name,
        ) from error

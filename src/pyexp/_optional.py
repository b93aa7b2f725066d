"""Imports of packages that only an extra installs. Owns the message for a missing one."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING

from pyexp.errors import MissingExtraError

if TYPE_CHECKING:
    from types import ModuleType


def require_extra(module: str, extra: str, purpose: str) -> None:
    """Check that *module* can be imported, without importing it; see `import_extra`.

    Raises:
        MissingExtraError: It is not installed.
    """
    if importlib.util.find_spec(module) is None:
        raise _missing(module, extra, purpose)


def import_extra(module: str, extra: str, purpose: str) -> ModuleType:
    """Import *module*, which comes with the extra *extra* and is needed for *purpose*.

    Raises:
        MissingExtraError: The module, or something that it needs itself, is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise _missing(error.name or module, extra, purpose) from error


def _missing(package: str, extra: str, purpose: str) -> MissingExtraError:
    return MissingExtraError(
        f'{purpose} needs the package {package!r}, which is not installed: pip install "pyexp[{extra}]"', name=package
    )

"""Whether a file belongs to Python or to an installed package, rather than to the user's own work."""

from __future__ import annotations

import os
import sysconfig
from functools import cache

_FOLDERS_OF_PACKAGES = frozenset({"site-packages", "dist-packages"})


def is_installed(file: str | os.PathLike[str]) -> bool:
    """Tell whether *file* is in the standard library or in a folder of installed packages.

    Example:
        >>> is_installed(os.__file__), is_installed("/venv/lib/python3.11/site-packages/lab/train.py")
        (True, True)
        >>> is_installed("/home/me/train.py")
        False
    """
    path = os.path.realpath(file)
    return not _FOLDERS_OF_PACKAGES.isdisjoint(path.split(os.sep)) or path.startswith(_library())


@cache
def _library() -> tuple[str, ...]:
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return tuple(os.path.realpath(folder) + os.sep for folder in folders if folder)

"""Libraries that the user may have loaded, as far as they are what their name says. Imports nothing: runs load it."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def find_loaded(name: str, *attributes: str) -> Any | None:
    """Return the module *name* if it is loaded and has the *attributes* that the caller uses, else None.

    A name alone says little: the module may be blocked (``sys.modules[name] = None``), half imported by another
    thread, or a file of the user's own that is called like the library.
    """
    module = sys.modules.get(name)
    try:
        return module if all(hasattr(module, attribute) for attribute in attributes) else None
    except Exception:  # a module that loads itself when it is asked, and cannot
        return None

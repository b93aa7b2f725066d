"""The kinds of logged values that the page shows, by the names that the protocol has for them. Reads no log."""

from __future__ import annotations

from typing import Final

from pyexp.log import KINDS as _LOGGED

# As the protocol spells them, and as the log does. Checkpoints and hyperparameters have calls of their own.
OBJECT_KINDS: Final = {kind.plural: name for name, kind in _LOGGED.items() if name not in ("checkpoint", "hparams")}
KINDS: Final = ("scalars", *OBJECT_KINDS)

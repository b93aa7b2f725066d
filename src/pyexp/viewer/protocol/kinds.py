"""The kinds of logged values that the page shows, by the names that the protocol has for them. Reads no log."""

from __future__ import annotations

from typing import Final

from pyexp.log.kinds import CHECKPOINT, HPARAMS
from pyexp.log.kinds import KINDS as _LOGGED

# As the protocol spells them, and as the log does. Checkpoints and hyperparameters have calls of their own.
OBJECT_KINDS: Final = {kind.plural: kind.name for kind in _LOGGED.values() if kind not in (CHECKPOINT, HPARAMS)}
KINDS: Final = ("scalars", *OBJECT_KINDS)

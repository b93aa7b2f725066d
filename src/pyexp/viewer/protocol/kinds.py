"""The kinds of logged values that the page shows, by the names that the protocol has for them. Knows no log."""

from __future__ import annotations

from typing import Final

# As the protocol spells them, and as the log does.
OBJECT_KINDS: Final = {
    "texts": "text",
    "figures": "figure",
    "images": "image",
    "histograms": "histogram",
    "tables": "table",
}
KINDS: Final = ("scalars", *OBJECT_KINDS)

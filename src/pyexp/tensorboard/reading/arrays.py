"""Tensors as NumPy takes them. Owns the one step to it: off the graph, off the device."""

from __future__ import annotations

from typing import Any


def on_host(values: Any) -> Any:
    """Return a tensor in this machine's memory, without its gradient, and anything else as it is."""
    return values.detach().cpu() if hasattr(values, "detach") else values

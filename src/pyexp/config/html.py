"""Configs as tables in a notebook. Owns the markup; whatever is in a config is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

MAX_ROWS = 200
_MAX_LETTERS = 200


def config_html(config: Mapping[str, Any]) -> str:
    """Return a table of dotted keys and values.

    Example:
        >>> config_html({"model": {"width": "<64>"}})
        '<table><tr><th>model.width</th><td>&#x27;&lt;64&gt;&#x27;</td></tr></table>'
    """
    leaves = flatten(config)
    rows = "".join(f"<tr><th>{escape(key)}</th><td>{shown(value)}</td></tr>" for key, value in leaves[:MAX_ROWS])
    more = f"<tr><td colspan=2>… {len(leaves) - MAX_ROWS} more</td></tr>" if len(leaves) > MAX_ROWS else ""
    return f"<table>{rows}{more}</table>"


def flatten(values: Mapping[Any, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Return the values with their dotted keys.

    Example:
        >>> flatten({"model": {"width": 64, "layers": {}}})
        [('model.width', 64), ('model.layers', {})]
    """
    leaves: list[tuple[str, Any]] = []
    for key, value in values.items():
        leaves += (
            flatten(value, f"{prefix}{key}.") if isinstance(value, Mapping) and value else [(f"{prefix}{key}", value)]
        )
    return leaves


def shown(value: Any) -> str:
    """Return *value* as escaped text of one cell, cut where it is long.

    Example:
        >>> shown(0.1), shown("a" * 1_000)[-3:]
        ('0.1', 'aa…')
    """
    if isinstance(value, str) and len(value) > _MAX_LETTERS:
        value = value[:_MAX_LETTERS]  # the repr of a very long string is as long
    text = repr(value)
    return escape(text if len(text) <= _MAX_LETTERS else f"{text[: _MAX_LETTERS - 1]}…")

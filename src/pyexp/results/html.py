"""Results as tables in a notebook. Owns colours of states and the markup; what runs hold is escaped, and not read."""

from __future__ import annotations

import os
from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Any, Final

from pyexp.config.html import config_html, shown
from pyexp.errors import DamagedFileError
from pyexp.store.layout import RunPaths
from pyexp.tensor.html import heading, table

if TYPE_CHECKING:
    from pyexp.tensor.tensor import Tensor

_COLOURS: Final = {
    "passed": "#2e8540",
    "failed": "#c62828",
    "timeout": "#c62828",
    "interrupted": "#b26a00",
    "running": "#1565c0",
}
_OTHER = "#757575"
_MOST_BYTES = 1_000_000
"""How large a result may be for it to be read and shown."""


def results_html(results: Tensor[Any]) -> str:
    """Return counts of states and a table of the first runs; no result is read."""
    counts = Counter(item.status for item in results)
    states = ", ".join(f"{count} {_state(status)}" for status, count in counts.items())
    return heading("Results", results, f": {states}" if states else "") + table(results, _row)


def result_html(result: Any) -> str:
    """Return a table of one run; its result is read unless it is large."""
    facts = {
        "status": _state(result.status),
        "attempts": str(result.attempts),
        "duration": _duration(result),
        "out": escape(os.fspath(result.out)),
        "config": _config(result),
        "result": _result(result),
    }
    if result.status != "passed" and result.error:
        facts["error"] = f"<pre>{escape(result.error)}</pre>"
    rows = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in facts.items() if value)
    return f"<p><b>{escape(result.name)}</b></p><table>{rows}</table>"


def _row(item: Any) -> dict[str, str]:
    row = {"name": escape(item.name), "status": _state(item.status), "duration": _duration(item)}
    if item.status != "passed" and (error := item.error):
        row["error"] = shown(error.split("\n", 1)[0])
    return row


def _state(status: str) -> str:
    return f'<span style="color: {_COLOURS.get(status, _OTHER)}">{escape(status)}</span>'


def _duration(item: Any) -> str:
    return "" if item.duration is None else f"{item.duration:.2f} s"


def _config(result: Any) -> str:
    try:
        return config_html({key: value for key, value in result.config.items() if key not in ("name", "out")})
    except DamagedFileError as error:
        return escape(str(error))


def _result(result: Any) -> str:
    if result.status != "passed":
        return ""
    try:
        is_small = os.path.getsize(RunPaths(result.out).result) <= _MOST_BYTES
    except OSError as error:
        return escape(str(error))
    return shown(result.read_result()) if is_small else "large: read it with .result"

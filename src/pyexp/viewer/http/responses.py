"""HTTP responses: JSON, and the one error shape. Does not know where the values come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from pyexp.viewer.protocol.encoding import to_json
from pyexp.viewer.protocol.errors import NOT_FOUND

if TYPE_CHECKING:
    from collections.abc import Mapping


def json_response(value: Any) -> web.Response:
    """Answer with *value* as JSON."""
    return json_text(to_json(value))


def json_text(text: str) -> web.Response:
    """Answer with JSON that is made already."""
    return web.Response(text=text, content_type="application/json")


def refusal(status: int, reason: str = NOT_FOUND, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return an answer in the error shape."""
    text = to_json({"error": reason, "status": status})
    return web.Response(status=status, text=text, content_type="application/json", headers=headers)

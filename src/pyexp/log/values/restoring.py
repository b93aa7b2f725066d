"""The bytes of a logged object as a value again, by media type; `pyexp.log.kinds` says which function is for which."""

from __future__ import annotations

import json
import pickle
from typing import Any

from pyexp._optional import import_extra


def decode_text(data: bytes) -> str:
    """Return a text; bytes that are not UTF-8 are replaced."""
    return data.decode("utf-8", "replace")


def keep_bytes(data: bytes) -> bytes:
    """Return the bytes of a picture file."""
    return data


def parse_json(data: bytes) -> Any:
    """Return what was written as JSON."""
    return json.loads(data)


def parse_plotly(data: bytes) -> Any:
    """Return a plotly figure.

    Raises:
        MissingExtraError: plotly is not installed.
    """
    return import_extra("plotly.io", "viewer", "loading a plotly figure").from_json(data.decode())


def unpickle(data: bytes) -> Any:
    """Return the object of a pickle."""
    return pickle.loads(data)

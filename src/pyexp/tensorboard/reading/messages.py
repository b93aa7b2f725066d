"""TensorBoard's messages, parsed by the protobuf library. Owns the error for bytes that are not a message.

The library is loaded at the first message: a program that only logs scalars need not wait for it.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyexp.tensorboard._pb.tensorboard_pb2 import Event, HParamsPluginData, Summary


class MessageError(ValueError):
    """Bytes that cannot be parsed as the message that they should be."""


def parse_event(record: bytes) -> Event:
    """Parse what a record holds.

    Raises:
        MessageError: It is not an event.
    """
    event: Event = _parse("Event", record)
    return event


def parse_summary(data: bytes) -> Summary:
    """Parse the values of an event alone.

    Raises:
        MessageError: It is not a summary.
    """
    summary: Summary = _parse("Summary", data)
    return summary


def parse_hparams(content: bytes) -> HParamsPluginData:
    """Parse what the plugin for hyperparameters keeps in the metadata of a value.

    Raises:
        MessageError: It is not that.
    """
    hparams: HParamsPluginData = _parse("HParamsPluginData", content)
    return hparams


def to_text(data: bytes) -> str:
    """Return a text; bytes that are not UTF-8 are replaced."""
    return data.decode("utf-8", "replace")


def _parse(name: str, data: bytes) -> Any:
    message, decode_error = _library(name)
    try:
        return message.FromString(data)
    except decode_error as error:
        raise MessageError(f"{len(data):,} bytes cannot be parsed as a message {name!r} of TensorBoard") from error


@cache
def _library(name: str) -> tuple[Any, type[Exception]]:
    decode_error: type[Exception] = import_module("google.protobuf.message").DecodeError
    return getattr(import_module("pyexp.tensorboard._pb.tensorboard_pb2"), name), decode_error

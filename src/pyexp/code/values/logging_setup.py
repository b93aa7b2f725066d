"""The caller's logging, as far as another process can adopt it: levels, and the formats of what goes to the streams."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyexp._record import Record

if TYPE_CHECKING:
    import logging

_STREAMS = ("stderr", "stdout")


class StreamOutput(Record):
    """A handler of *logger* that writes to the stream *stream*."""

    logger: str
    stream: str
    level: int
    format: str | None
    date_format: str | None
    style: str


class LoggingSetup(Record):
    """What was set up.

    Attributes:
        levels: The level of each logger that has one.
        outputs: The handlers that write to standard output or error.
        silent: Loggers that do not pass on what they get.
        disabled: `logging.disable`'s level.
    """

    levels: dict[str, int]
    outputs: tuple[StreamOutput, ...]
    silent: tuple[str, ...]
    disabled: int


def describe_logging() -> LoggingSetup | None:
    """Return what the caller has set up; None if that is nothing."""
    if "logging" not in sys.modules:
        return None
    import logging

    root = logging.getLogger()
    loggers = {"": root} | {
        name: found for name, found in list(root.manager.loggerDict.items()) if isinstance(found, logging.Logger)
    }
    setup = LoggingSetup(
        levels={name: one.level for name, one in loggers.items() if one.level != _default(name)},
        outputs=tuple(
            output for name, one in loggers.items() for handler in one.handlers for output in _output(name, handler)
        ),
        silent=tuple(name for name, one in loggers.items() if not one.propagate),
        disabled=root.manager.disable,
    )
    return setup if setup.levels or setup.outputs or setup.silent or setup.disabled else None


def apply_logging(setup: LoggingSetup) -> None:
    """Set the logging of this process up in the same way."""
    import logging

    for name, level in setup.levels.items():
        logging.getLogger(name).setLevel(level)
    for name in setup.silent:
        logging.getLogger(name).propagate = False
    logging.disable(setup.disabled)
    for output in setup.outputs:
        handler = logging.StreamHandler(getattr(sys, output.stream))
        handler.setLevel(output.level)
        if output.format is not None:
            handler.setFormatter(logging.Formatter(output.format, output.date_format, output.style))  # type: ignore[arg-type]
        logging.getLogger(output.logger).addHandler(handler)


def _default(name: str) -> int:
    import logging

    return logging.NOTSET if name else logging.WARNING


def _output(name: str, handler: logging.Handler) -> list[StreamOutput]:
    import logging

    if type(handler) is not logging.StreamHandler:
        return []
    stream = next((one for one in _STREAMS if handler.stream is getattr(sys, one)), None)
    if stream is None:
        return []
    formatter = handler.formatter
    style = "%"
    if formatter is not None:
        style = {"StrFormatStyle": "{", "StringTemplateStyle": "$"}.get(type(formatter._style).__name__, "%")  # noqa: SLF001
    return [
        StreamOutput(
            logger=name,
            stream=stream,
            level=handler.level,
            format=None if formatter is None else formatter._fmt,  # noqa: SLF001 — it has no public name
            date_format=None if formatter is None else formatter.datefmt,
            style=style,
        )
    ]

"""The messages between the driver and the node that executes a run: frozen values without behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyexp.code.origin import CodeOrigin
    from pyexp.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What all runs of a batch share; sent once.

    Attributes:
        code: The user's code (see `pyexp.code`).
        origin: Where it comes from, for nodes that share the folder of the batch.
        joint: The values that may differ from what the script's top makes.
        path: The driver's ``sys.path``.
        folder: The driver's working directory.
        has_working_dir: Each node has a copy of the working directory, in which its worker processes start.
    """

    code: bytes
    origin: CodeOrigin
    joint: bytes
    path: Sequence[str]
    folder: str
    has_working_dir: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One attempt of one run, as sent to a node.

    Attributes:
        key: Names the attempt on its way through the exchange.
        task: The attempt, with the run's folder on the driver; its body is sent in the `Package`.
        probe: A file in that folder: a node that sees it shares the folder.
        has_files: The folder holds files of earlier attempts.
    """

    key: str
    task: Task
    probe: str
    has_files: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The message that the attempt has a place on *host*; with *is_shared*, it writes into the driver's own folder."""

    host: str
    is_shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The content *data* of a file from *offset* on; staged, it waits under another name until it is placed."""

    path: str
    offset: int
    data: bytes
    is_staged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The message that the staged pieces of *path* are the whole file."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """The message that there is a folder *path*."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """The message that what was at *path* is gone."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The message that everything was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The exit of the run's process *pid* with *code*; *report* is what it left in its mailbox.

    Unless *has_asked*, its node never asked the exchange whether to stop.
    """

    pid: int
    code: int
    report: bytes
    has_asked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRun:
    """The message that the node could not execute the attempt."""

    error: str


Message = Started | Piece | Placed | Folder | Removed | Sent | Ended | NotRun


def size_of(message: Message) -> int:
    """Return the approximate size of *message* in bytes."""
    return 200 + (len(message.data) if isinstance(message, Piece) else 0)

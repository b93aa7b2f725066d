"""The file through which a child process gets its task and sends its report.

It has no name: in memory on Linux, an unlinked temporary file elsewhere. Unlike a pipe it cannot fill, and nothing
waits for its end while a grandchild holds it open.
"""

from __future__ import annotations

import os
from typing import IO, Any

from pyexp._cpython import quote_ascii
from pyexp.task import ENDING_FIELDS, Failed, Outcome, Passed

_MAGIC = b"pyexp-report\n"


def open_mailbox(payload: bytes = b"") -> IO[bytes]:
    """Make a mailbox that holds *payload*."""
    file = _open_nameless()
    left = memoryview(payload)
    while left:
        left = left[file.write(left) :]
    file.seek(0)
    return file


def _spell(value: Any) -> str:
    """Return *value* as JSON, without the module for it: the process of a run need not import that."""
    kind = type(value)
    if kind is str:
        return quote_ascii(value)
    if kind is dict:
        return f"{{{','.join(f'{quote_ascii(key)}:{_spell(part)}' for key, part in value.items())}}}"
    if kind in (list, tuple):
        return f"[{','.join(map(_spell, value))}]"
    return {None: "null", True: "true", False: "false"}[value] if value is None or kind is bool else repr(value)


def _open_nameless() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("pyexp"), "w+b", buffering=0)
    import tempfile

    return tempfile.TemporaryFile(buffering=0)


def post_report(mailbox: IO[bytes], outcome: Outcome) -> None:
    """Leave *outcome* for the parent; called by the child."""
    left = memoryview(_MAGIC + _spell(outcome.known()).encode())
    mailbox.seek(0)
    mailbox.truncate()
    while left:
        left = left[mailbox.write(left) :]


def take_report(mailbox: IO[bytes], pid: int) -> Outcome | None:
    """Return what the child *pid* reported, or None when it ended before it could."""
    mailbox.seek(0)
    if mailbox.read(len(_MAGIC)) != _MAGIC:
        return None
    import json

    try:
        found = json.loads(mailbox.read())
    except ValueError:
        return None
    told = {name: found[name] for name in ENDING_FIELDS if name in found} | {"pid": pid}
    return Failed(**told) if "error" in told else Passed(**told)

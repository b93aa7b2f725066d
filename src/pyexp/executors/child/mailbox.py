"""The file through which a child process gets its task and sends its report.

It has no name: in memory on Linux, an unlinked temporary file elsewhere. Unlike a pipe it cannot fill, and nobody waits
for its end while a grandchild holds it open.
"""

from __future__ import annotations

import os
from typing import IO

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


def _encode(outcome: Outcome) -> str:
    told = outcome.known()
    if isinstance(outcome, Passed) and all(_is_plain(value) for value in told.values()):
        # Spelled out, so that the process of a run that passed need not import json.
        pairs = (f'"{name}": {value}' if type(value) is int else f'"{name}": "{value}"' for name, value in told.items())
        return f"{{{', '.join(pairs)}}}"
    import json

    return json.dumps(told)


def _is_plain(value: object) -> bool:
    """Whether JSON spells *value* as Python does, but for the quotes."""
    return type(value) is int or (isinstance(value, str) and value.replace(":", "").isalnum() and value.isascii())


def _open_nameless() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("pyexp"), "w+b", buffering=0)
    import tempfile

    return tempfile.TemporaryFile(buffering=0)


def post_report(mailbox: IO[bytes], outcome: Outcome) -> None:
    """Leave *outcome* for the parent; called by the child."""
    left = memoryview(_MAGIC + _encode(outcome).encode("utf-8", "backslashreplace"))
    mailbox.seek(0)
    mailbox.truncate()
    while left:
        left = left[mailbox.write(left) :]


def take_report(mailbox: IO[bytes], pid: int) -> Outcome | None:
    """What the child *pid* reported, or None when it ended before it could."""
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

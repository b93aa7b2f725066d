"""What a fork server and the process that started it say to each other; everything longer travels in files.

The parent's first message is one byte with the descriptor of a file: it holds the package, and later `Report`. Each
further one is a request, with two descriptors: the run's log and its mailbox. The server answers.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import IO, TYPE_CHECKING, Final

from pyexp._record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

# A serial number that the parent chose.
REQUEST: Final = struct.Struct("=I")
# An `Answer`, the serial number, and a value.
ANSWER: Final = struct.Struct("=BIi")


class Answer(IntEnum):
    """Kinds of answers.

    Attributes:
        READY: The user's code is there; the value is nothing.
        UNREADY: It raised; the report says what, and the server ends.
        FORKED: The run has a process; the value is its pid.
        REFUSED: There can be no more processes; the value is the error's number.
        ENDED: The run's process has ended; the value is its exit code, negative for a signal.
    """

    READY = 1
    UNREADY = 2
    FORKED = 3
    REFUSED = 4
    ENDED = 5


class Report(Record):
    """What a server says once, when it has made the user's code ready or could not.

    Attributes:
        error: First line ``Type: message``, then the traceback; None when the code is there.
        hazards: What stands in the server that forked runs may hang over, a phrase each.
    """

    error: str | None = None
    hazards: Sequence[str] = ()

    def post(self, file: IO[bytes]) -> None:
        """Leave the report in *file*, in the place of what it holds."""
        import json

        file.seek(0)
        file.truncate()
        left = memoryview(json.dumps({"error": self.error, "hazards": list(self.hazards)}).encode())
        while left:
            left = left[file.write(left) :]

    @classmethod
    def take(cls, file: IO[bytes]) -> Report:
        """Read the report that the server posted."""
        import json

        file.seek(0)
        return cls(**json.loads(file.read()))

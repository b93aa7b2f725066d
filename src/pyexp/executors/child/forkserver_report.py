"""What a fork server reports once, when it has made the user's code ready.

The parent's first message is one byte with the descriptor of a file: it holds the package, and later the report.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from pyexp._record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence


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

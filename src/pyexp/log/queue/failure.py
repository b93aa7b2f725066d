"""What went wrong with the file, until it is reported. Owns that each failure is reported once, and its message."""

from __future__ import annotations

from pyexp.errors import LogWriteError


class Failure:
    """The first failure that was not reported to a caller, if there is one."""

    def __init__(self) -> None:
        self._error: BaseException | None = None

    @property
    def error(self) -> BaseException | None:
        """The failure."""
        return self._error

    def note(self, error: BaseException | None) -> None:
        """Keep this failure, unless there is one already."""
        self._error = self._error or error

    def report(self) -> None:
        """Raise the failure and forget it.

        Raises:
            LogWriteError: There was one.
        """
        error, self._error = self._error, None
        raise_write_error(error)


def raise_write_error(error: BaseException | None) -> None:
    """Raise what a caller sees of an error of the file; does nothing without one.

    Raises:
        LogWriteError: There is an error.
    """
    if error is not None:
        raise LogWriteError(f"the log could not be written: {error}") from error

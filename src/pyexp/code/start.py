"""The state of the process when pyexp was first imported, and the script that it has made since.

Imported by every start: it must cost nothing. Knows nothing of how a script is made.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

MAIN = "__main__"
# What a process that multiprocessing has spawned calls the script.
MULTIPROCESSING_MAIN = "__mp_main__"


class Start:
    """The state of this process that its script depends on.

    Attributes:
        argv: The command line when pyexp was first imported; in the process of a run, that of the script's start.
        folder: The working directory at that time; None when it was deleted.
        made: File and source of the script that was made here; the file may hold something else by now.
        being_made: The file of the script whose top this process executes right now for a run.
        not_sent: Why a name of the script was not sent to this process, by name.
        code_changed: The user's source files that have changed since the start of the batch.
    """

    __slots__ = ("argv", "being_made", "code_changed", "folder", "made", "not_sent")

    def __init__(self) -> None:
        self.argv = tuple(getattr(sys, "argv", ()))  # an embedded interpreter may have none
        self.folder = _folder()
        self.made: tuple[str, bytes] | None = None
        self.being_made: str | None = None
        self.not_sent: Mapping[str, str] = {}
        self.code_changed: tuple[str, ...] = ()


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:
        return None


start = Start()

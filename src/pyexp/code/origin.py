"""Where a run's code comes from: the snapshot of the start, or the files as they are, with their changes noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyexp._record import Record
from pyexp.code.start import start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyexp.code.changes import Noted


class CodeOrigin(Record):
    """What the process of each run receives once per batch; picklable.

    Attributes:
        tree: The file with the state of the work tree at the start; None where no snapshot was taken.
        noted: State of the user's source files at the start, where a run may see later ones.
    """

    tree: str | None = None
    noted: Mapping[str, Noted] = {}

    def enter(self) -> None:
        """Have this process, which executes a run, import the code of the start; before any user code is imported.

        Raises:
            OSError: The file with the tree is gone.
        """
        if self.tree is not None:
            from pyexp.code.snapshot.install import install

            install(self.tree)
        self.compare()

    def compare(self) -> None:
        """Note which source files have changed since the start, for the record of the run that begins."""
        if self.noted:
            from pyexp.code.changes import changed

            start.code_changed = tuple(changed(self.noted))

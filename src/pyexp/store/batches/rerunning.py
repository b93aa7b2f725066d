"""A run that is executed again although it has a result, which stays until there is a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyexp.store.outcomes import keep_previous
from pyexp.store.status import readable_status, save_status
from pyexp.task import RunState

if TYPE_CHECKING:
    from pyexp.store.layout import RunPaths


def run_again(paths: RunPaths) -> None:
    """Set aside what the run in *paths* has and mark it as pending; only for the owner.

    A start that is killed meanwhile leaves a run that passed, or one that is open and has its earlier result.

    Raises:
        OSError: The folder cannot be written.
    """
    if paths.root.is_symlink() or not paths.root.is_dir():
        return
    earlier = readable_status(paths)
    keep_previous(paths)
    save_status(paths.status, RunState(attempts=earlier.attempts, commits=earlier.commits))

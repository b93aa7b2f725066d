"""Values saved between the steps of a run, so that a later attempt need not repeat the steps."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from pyexp._files import open_atomic
from pyexp.errors import DamagedFileError

if TYPE_CHECKING:
    from pathlib import Path


def save_checkpoint(path: Path, saved: Any) -> None:
    """Pickle *saved* into *path*, whole; its folder is made if missing."""
    path.parent.mkdir(exist_ok=True)
    try:
        with open_atomic(path, durable=True) as file:
            pickle.dump(saved, file, protocol=pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, AttributeError, TypeError):
        import cloudpickle

        with open_atomic(path, durable=True) as file:
            cloudpickle.dump(saved, file)


def load_checkpoint(path: Path) -> Any:
    """Unpickle the checkpoint *path*.

    Raises:
        FileNotFoundError: There is none.
        DamagedFileError: The file cannot be read back: the step has to run again.
    """
    try:
        with path.open("rb") as file:
            return pickle.load(file)
    except FileNotFoundError:
        raise
    except Exception as error:  # a truncated pickle, or one whose classes are gone, may raise anything
        raise DamagedFileError(f"the checkpoint {path} cannot be read ({type(error).__name__}: {error})") from error

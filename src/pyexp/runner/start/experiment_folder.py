"""Where an experiment's batches are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pyexp.sweeps.naming import sanitise

if TYPE_CHECKING:
    from pyexp.definition.declaration import Declaration
    from pyexp.runner.settings import Settings


def experiment_folder(declaration: Declaration, settings: Settings) -> Path:
    """Folder of the experiment's batches."""
    output = declaration.home / "out" if settings.output_dir is None else Path(settings.output_dir)
    return Path(os.path.abspath(output)) / sanitise(settings.name or declaration.name)

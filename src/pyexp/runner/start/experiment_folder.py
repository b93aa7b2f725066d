"""Where an experiment's batches are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pyexp.runner.installed import is_installed
from pyexp.sweeps.naming import sanitise

if TYPE_CHECKING:
    from pyexp.definition.declaration import Declaration
    from pyexp.runner.settings import Settings


def experiment_folder(declaration: Declaration, settings: Settings) -> Path:
    """Return the folder of the batches: next to the experiment's file, or in the current one if that is installed."""
    if settings.output_dir is None:
        output = (Path.cwd() if is_installed(declaration.home) else declaration.home) / "out"
    else:
        output = Path(os.path.expanduser(settings.output_dir))
    return Path(os.path.abspath(output)) / sanitise(settings.name or declaration.name)

"""The golden run of a script: what its pickle names is in ``__main__``."""

import sys
from dataclasses import dataclass

from golden.noting import note
from pyexp import experiment


@dataclass(frozen=True)
class Reading:
    """A value whose class is in the script."""

    values: tuple[float, ...]


@experiment(stash=False, executor="subprocess")
def scripted(config):
    note(config.out, "executions")
    return {"reading": Reading((config.x, -config.x))}


@scripted.configs
def scripted_configs():
    return [{"name": "script", "x": 2.5}]


if __name__ == "__main__":
    sys.exit(scripted.run(report=lambda results: 0))

"""A no-op sweep as a script is usually written: the experiment at its top, the start under the guard.

Usage: ``python guarded.py <runs> <folder>``.
"""

from __future__ import annotations

import pyexp


@pyexp.experiment(name="guarded", stash=False, executor="subprocess", jobs=1)
def noop(config):
    """Do nothing."""
    return config.i


if __name__ == "__main__":
    import sys

    runs, folder = int(sys.argv[1]), sys.argv[2]
    results = noop.run(
        configs=[{"i": i} for i in range(runs)], report=lambda results: results, output_dir=folder, argv=[]
    )
    assert all(result.status == "passed" for result in results)

"""A script of one run, as it is usually written; prints the seconds from a moment until the run's first line.

Usage: ``python first_line.py <moment, seconds since 1970> <folder> [executor]``; without an executor, plain Python.
"""

from __future__ import annotations

import sys
import time

moment, folder, *executor = sys.argv[1:]
if executor:
    import pyexp

    @pyexp.experiment(name="first_line", executor=executor[0], output_dir=folder)
    def first_line(_config):
        """Return the seconds since the moment."""
        return time.time() - float(moment)

    if __name__ == "__main__":
        print(first_line.run(configs=[{}], report=lambda results: results, argv=["-q"])[0].result)
else:
    print(time.time() - float(moment))

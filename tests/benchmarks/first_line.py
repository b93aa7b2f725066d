"""A script of one run, as it is usually written; prints the seconds from a moment until the run's first line.

Usage: ``python first_line.py <moment, seconds since 1970> <folder> <executor>``. For comparison, in place of an
executor: ``plain Python``, or ``import of anyio``, which every sweep needs.
"""

from __future__ import annotations

import sys
import time

moment, folder, executor = sys.argv[1:]
if executor == "plain Python":
    print(time.time() - float(moment))
elif executor == "import of anyio":
    import anyio._backends._asyncio  # noqa: F401  as a sweep imports it

    print(time.time() - float(moment))
else:
    import pyexp

    @pyexp.experiment(name="first_line", executor=executor, stash=False, output_dir=folder)
    def first_line(_config):
        """Return the seconds since the moment."""
        return time.time() - float(moment)

    if __name__ == "__main__":
        print(first_line.run(configs=[{}], report=lambda results: results, argv=["-q"])[0].result)

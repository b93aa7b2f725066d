"""No-op runs of a script that has imported something, timed in one process; a script of its own for `bench_running`.

Usage: ``python forked_runs.py <executor> <modules,…> <MB> <folder>`` prints the seconds of one run, beside a parent of
that many MB; ``python forked_runs.py floor <modules,…>`` those of a bare fork, exit and wait.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import time
from pathlib import Path

RUNS = 100


def floor() -> float:
    """Fork this process, end the child, wait for it."""
    gc.collect()
    gc.freeze()
    start = time.perf_counter()
    for _ in range(RUNS):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
    return (time.perf_counter() - start) / RUNS


def ours(executor: str, modules: list[object], folder: Path) -> float:
    """Seconds of one run, by a long and a short sweep: what a start costs cancels out."""
    import pyexp

    def noop(config):
        assert len(modules) == config.modules

    def sweep(runs: int) -> float:
        configs = [{"i": i, "modules": len(modules)} for i in range(runs)]
        start = time.perf_counter()
        results = pyexp.ExperimentRunner(noop, name="noop", stash=False).run(
            configs=lambda: configs,
            report=lambda results: results,
            output_dir=folder,
            executor=executor,
            jobs=1,
            argv=[],
        )
        assert all(result.status == "passed" for result in results)
        return time.perf_counter() - start

    sweep(1)  # what the first start of a process imports is not a run's cost
    short = sweep(5)
    return (sweep(5 + RUNS) - short) / RUNS


if __name__ == "__main__":
    kind, names, *rest = sys.argv[1:]
    loaded = [importlib.import_module(name) for name in names.split(",") if name]
    if kind == "floor":
        print(floor())
    else:
        ballast = b"\1" * (int(rest[0]) << 20)
        print(ours(kind, loaded, Path(rest[1])))

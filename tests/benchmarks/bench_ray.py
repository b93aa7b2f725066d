"""The "Ray" table: what a no-op run costs on Ray above a plain task, against what the executor `subprocess` takes for it."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import ray
from table import Row, print_table

import pyexp
from pyexp import RayExecutor
from pyexp.executors.remote.cluster import Cluster

if TYPE_CHECKING:
    from pyexp import Executor

RUNS = 500
ROUNDS = 3
JOBS = 2
NEEDS = {"num_cpus": 1, "num_gpus": 0, "resources": {}}


def main(runs: int) -> None:
    """Print the table for batches of *runs* no-ops."""
    connection = Cluster(ray, None, None, {"object_store_memory": 100_000_000})
    connection.join(JOBS, NEEDS)
    costs: dict[str, list[float]] = {"plain": [], "ray": [], "subprocess": []}
    try:
        with tempfile.TemporaryDirectory() as folder:
            _batch(Path(folder), RayExecutor(), 10)
            for _ in range(ROUNDS):
                costs["plain"].append(_plain(runs))
                costs["ray"].append(_batch(Path(folder), RayExecutor(), runs))
                costs["subprocess"].append(_batch(Path(folder), "subprocess", runs))
    finally:
        connection.leave()
    median = {name: statistics.median(values) for name, values in costs.items()}
    print_table(
        f"Ray, {runs} no-op runs, {JOBS} at once",
        [
            Row(
                what="a run on Ray, above a plain task; floor: a run of the executor `subprocess`",
                floor=median["subprocess"],
                ours=median["ray"] - median["plain"],
                target=1.3,
                rivals={"plain ray.get": median["plain"]},
            )
        ],
    )


def _plain(runs: int) -> float:
    """Seconds per task of as many plain tasks."""
    function = ray.remote(_nothing)
    ray.get(function.remote(0))
    start = time.perf_counter()
    ray.get([function.remote(i) for i in range(runs)])
    return (time.perf_counter() - start) / runs


def _nothing(number: int) -> int:
    return number


def _batch(folder: Path, executor: str | Executor, runs: int) -> float:
    """Seconds per run of a batch of *runs* no-ops."""

    @pyexp.experiment(name="noop", stash=False, output_dir=folder)
    def noop(config):
        return config.i

    start = time.perf_counter()
    results = noop.run(
        configs=lambda: [{"i": i} for i in range(runs)],
        report=lambda results: results,
        executor=executor,
        jobs=JOBS,
        quiet=True,
        argv=[],
    )
    seconds = time.perf_counter() - start
    assert all(result.status == "passed" for result in results)
    return seconds / runs


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)

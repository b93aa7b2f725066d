"""The no-op sweep that is timed, as a script, for pyexp and for each rival that is installed.

Usage: ``python sweeps.py <system> <runs> <folder> [executor]``. The cost of one run is the difference between a long sweep and a
short one, so that what a start costs cancels out.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path


def pyexp_sweep(runs: int, folder: Path, executor: str) -> None:
    """Run *runs* no-ops one after the other."""
    import pyexp

    @pyexp.experiment(name="noop", stash=False)
    def noop(config):
        return config.i

    results = noop.run(
        configs=lambda: [{"i": i} for i in range(runs)],
        report=lambda results: results,
        output_dir=folder,
        executor=executor,
        jobs=1,
        argv=[],
    )
    assert all(result.status == "passed" for result in results)


def large(folder: str, runs: int) -> None:
    """An inline sweep of *runs* no-ops; prints the process's memory in MB."""
    import resource

    pyexp_sweep(runs, Path(folder), "inline")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def sleepers(folder: str, executor: str) -> None:
    """Eight runs of a second each, all at once."""
    import time

    import pyexp

    @pyexp.experiment(name="sleepers", stash=False, jobs=8, executor=executor, output_dir=folder)
    def sleepers(_config):
        time.sleep(1)

    results = sleepers.run(configs=lambda: [{"i": i} for i in range(8)], report=lambda results: results, argv=[])
    assert all(result.status == "passed" for result in results)


def heavy_sweep(runs: int, folder: str, executor: str) -> None:
    """No-ops of a script that imports scikit-learn; prints the seconds that they took, all together."""
    import time

    import sklearn.ensemble

    import pyexp

    def noop(config):
        assert sklearn.ensemble
        return config.i

    start = time.perf_counter()
    results = pyexp.ExperimentRunner(noop, name="heavy", stash=False, output_dir=folder).run(
        configs=lambda: [{"i": i} for i in range(runs)], report=lambda results: results, executor=executor, argv=[]
    )
    print(time.perf_counter() - start)
    assert all(result.status == "passed" for result in results)


def fork_floor(folder: str, runs: int) -> None:
    """Fork a process with the modules of a sweep that has run, once per run; prints the seconds that one took."""
    import time

    import floors

    Path(folder).mkdir()
    pyexp_sweep(1, Path(folder) / "before", "fork")
    start = time.perf_counter()
    for _ in range(runs):
        floors.fork_and_files(Path(folder))
    print((time.perf_counter() - start) / runs)


def cancel(folder: str, runs: int, *, is_deaf: bool = False) -> None:
    """Cancel *runs* live runs; prints the seconds until all are gone, over the grace where they are deaf to SIGTERM."""
    import asyncio
    import signal
    import time

    import pyexp
    from pyexp.executors.base import DEFAULT_GRACE_S

    def live(config):
        if is_deaf:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (config.out / "here").touch()
        time.sleep(600)

    def begun() -> int:
        return sum(1 for _ in Path(folder).rglob("here"))

    Path(folder).mkdir()

    async def start_and_cancel() -> float:
        runner = pyexp.ExperimentRunner(live, name="live", stash=False, executor="fork", jobs=runs, output_dir=folder)
        sweep = asyncio.ensure_future(runner.arun(configs=[{"i": i} for i in range(runs)]))
        while begun() < runs:  # noqa: ASYNC110 — the runs tell by files
            await asyncio.sleep(0.2)
        start = time.perf_counter()
        sweep.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sweep
        return time.perf_counter() - start

    print(asyncio.run(start_and_cancel()) - (DEFAULT_GRACE_S if is_deaf else 0))


def list_batches(folder: str) -> None:
    """``--list`` of the sweep in *folder*."""
    _noop(folder).run(argv=["--list"])


def list_nothing(folder: str) -> None:
    """All that ``--list`` loads, without a batch to list."""
    with contextlib.suppress(SystemExit):
        _noop(folder).run(argv=["--list", "--name", "nothing"])


def _large_results(folder: str):
    import pyexp

    def large(config):
        return bytes([config.i]) * 20_000_000

    return pyexp.ExperimentRunner(large, name="large", stash=False, executor="fork", output_dir=folder)


def make_large_results(folder: str) -> None:
    """Run 20 whose results are of 20 MB each."""
    _large_results(folder).run(configs=lambda: [{"i": i} for i in range(20)], argv=["-q"])


def ask(folder: str, asked: str) -> None:
    """Ask the results in *folder* for their property *asked*; prints how many MB the process has grown by."""
    import resource

    results = _large_results(folder).results()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    asked_for = [getattr(result, asked) for result in results]
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
    assert len(asked_for) == 20


def open_results(folder: str) -> None:
    """Open the results of the sweep in *folder*; prints the seconds it took."""
    import time

    noop = _noop(folder)
    start = time.perf_counter()
    results = noop.results()
    print(time.perf_counter() - start)
    assert {result.status for result in results} == {"passed"}


def _noop(folder: str):
    import pyexp

    return pyexp.ExperimentRunner(len, name="noop", output_dir=folder)


def hydra_sweep(runs: int, folder: Path, launcher: str) -> None:
    """A multirun of a no-op."""
    import hydra

    sys.argv = [
        sys.argv[0],
        "--multirun",
        f"hydra/launcher={launcher}",
        f"hydra.sweep.dir={folder / os.urandom(4).hex()}",
        *(["hydra.launcher.n_jobs=1"] if launcher == "joblib" else []),
        "+i=range(" + str(runs) + ")",
    ]

    @hydra.main(version_base=None, config_path=None)
    def noop(config) -> int:
        return int(config.i)

    noop()


def submitit_sweep(runs: int, folder: Path, _variant: str) -> None:
    """No-ops through the local executor, one after the other."""
    import submitit

    executor = submitit.LocalExecutor(folder=folder / os.urandom(4).hex())
    for i in range(runs):
        assert executor.submit(int, i).result() == i


SYSTEMS = {"pyexp": pyexp_sweep, "hydra": hydra_sweep, "submitit": submitit_sweep}

if __name__ == "__main__":
    system, count, target, *variant = sys.argv[1:]
    SYSTEMS[system](int(count), Path(target), variant[0] if variant else "")

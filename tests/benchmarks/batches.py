"""What is timed of batches, each in a process of its own: ``python batches.py <probe> <folder> …`` prints seconds."""

from __future__ import annotations

import os
import pickle
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pyexp
from pyexp.runner.settings import Settings
from pyexp.runner.start.begin import begin
from pyexp.runner.start.decision import decide
from pyexp.store.configs import reading
from pyexp.store.index import Index, RunRecord
from pyexp.store.outcomes import digest_of
from pyexp.store.status import save_status
from pyexp.task import RunState, Status

if TYPE_CHECKING:
    from pyexp.store.batch import Batch


def noop(config):
    return config.i


def runner(folder: str, runs: int) -> pyexp.ExperimentRunner:
    made = pyexp.ExperimentRunner(noop, name="noop", output_dir=folder, stash=False, executor="inline", jobs=1)
    made.configs(lambda: pyexp.sweep([{"name": "noop"}], {"i": range(runs)}))
    made.report(lambda results: results)
    return made


def start(folder: str, runs: int, **settings: object) -> tuple[Batch, float, float]:
    """Do all that a start does but execute runs: seconds until it could, and until every folder is there."""
    given = Settings(output_dir=folder, executor="inline", stash=False, name="noop", jobs=1, quiet=True, **settings)
    begun = time.perf_counter()
    started = begin(decide(runner(folder, runs)._declaration, given), given, Path(folder))
    ready = time.perf_counter() - begun
    started.batch.unmade.start()
    started.batch.unmade.finish()
    whole = time.perf_counter() - begun
    started.release()
    return started.batch, ready, whole


def finished(folder: str, runs: str) -> float:
    """Make a batch whose runs have passed, as far as its files say."""
    batch, _, took = start(folder, int(runs))
    index = Index(batch.paths.index)
    for step, run in enumerate(batch.folders):
        paths = batch.run(run)
        paths.result.write_bytes(pickle.dumps(step))
        state = RunState(status=Status.PASSED, started=1.0, finished=2.0, attempts=1, digest=digest_of(paths.result))
        save_status(paths.status, state)
        index.append(RunRecord.of(run, run.rpartition("-")[0], state, os.fspath(batch.paths.root)))
    index.close()
    return took


def go_on(folder: str, *flags: str) -> float:
    begun = time.perf_counter()
    results = runner(folder, 1).run(argv=["--continue", "-q", *flags])
    took = time.perf_counter() - begun
    assert all(result.status == "passed" for result in results)
    return took


def query(folder: str, kind: str) -> float:
    """The first query; with *kind* "each", every ``config.json`` is opened."""
    if kind == "each":
        reading._FEW = sys.maxsize
    results = runner(folder, 1).results()
    begun = time.perf_counter()
    assert len(results[{"config.i": 3}]) == 1
    return time.perf_counter() - begun


def first_run(folder: str, runs: str) -> float:
    return start(folder, int(runs))[1]


def folders(folder: str, runs: str) -> float:
    return start(folder, int(runs))[2]


fresh = folders


def bare_folders(folder: str, runs: str) -> float:
    begun = time.perf_counter()
    for step in range(int(runs)):
        place = Path(folder) / str(step)
        place.mkdir(parents=True)
        (place / "new").write_bytes(b'{"i": 1}')
        os.replace(place / "new", place / "config.json")
    return time.perf_counter() - begun


def extended(folder: str, runs: str) -> float:
    return start(folder, int(runs), extend_run=True)[2]


def large_configs(folder: str, words: str) -> float:
    """Seconds a run, made and executed, of five whose configs hold a list of so many words."""
    text = [f"word{number}" for number in range(int(words))]
    made = runner(folder, 1)
    made.configs(lambda: [{"name": "large", "i": i, "words": text} for i in range(5)])
    begun = time.perf_counter()
    made.run(argv=["-q"])
    return (time.perf_counter() - begun) / 5


def by_name(folder: str) -> float:
    begun = time.perf_counter()
    assert len(runner(folder, 1).history("noop_i=1")) == 1_000
    return time.perf_counter() - begun


def by_value(folder: str) -> float:
    begun = time.perf_counter()
    assert len(runner(folder, 1).history({"i": 2})) == 1_000
    return time.perf_counter() - begun


def listing(folder: str) -> float:
    begun = time.perf_counter()
    runner(folder, 1).run(argv=["--list"])
    return time.perf_counter() - begun


if __name__ == "__main__":
    print(globals()[sys.argv[1]](*sys.argv[2:]))

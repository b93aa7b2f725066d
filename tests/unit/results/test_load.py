from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from pyexp.results import load
from support.experiments import make_runner

# What only runs, plans or other questions need; opening results took half as long again with these.
NOT_NEEDED = {
    "anyio", "asyncio", "datetime", "hashlib", "logging", "numpy", "pandas", "random", "socket", "yaml",
    "pyexp.store.batches.overview", "pyexp.sweeps.sweep", "pyexp.results.statistics",
}  # fmt: skip


@pytest.mark.slow
def test_opening_results_imports_little(tmp_path):
    make_runner(len, [{"name": "a", "x": 1}], tmp_path, executor="inline").run()
    code = (
        "import sys, pyexp\n"
        f"(result,) = pyexp.ExperimentRunner(len, name='exp', output_dir={str(tmp_path)!r}).results()\n"
        "assert (result.status, result.name) == ('passed', 'a')\n"
        "print(*sys.modules)"
    )
    shown = subprocess.run(
        [sys.executable, "-S", "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert NOT_NEEDED.isdisjoint(shown.stdout.split())


def test_no_garbage_is_collected_meanwhile(tmp_path):
    runner = make_runner(len, [{"name": "a"}], tmp_path, executor="inline")
    results = runner.run()
    seen = []
    load.load_results(results[0]._batch, lambda _batch, record: seen.append(gc.isenabled()) or record)
    assert seen == [False]
    assert gc.isenabled()

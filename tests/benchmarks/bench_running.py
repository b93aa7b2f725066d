"""The "Running" table: what a run costs, against the least code that does the same work and against other sweep runners."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from importlib.util import find_spec
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

import floors
from table import Row, print_table
from timing import take_turns

if TYPE_CHECKING:
    from collections.abc import Callable

SWEEPS = Path(__file__).with_name("sweeps.py")
ROUNDS = 5

_serial = count()


def cost_of_a_run(folder: Path, system: str, variant: str, *, short: int, long: int) -> float:
    """Seconds per run of a sweep, starting up left out."""
    return (_sweep_s(folder, system, variant, long) - _sweep_s(folder, system, variant, short)) / (long - short)


def _sweep_s(folder: Path, system: str, variant: str, runs: int) -> float:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, SWEEPS, system, str(runs), folder, variant],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def single_runs(folder: Path) -> list[Row]:
    """No-op runs one after the other, by executor, each beside its floor."""
    three_files = folder / "three"
    three_files.mkdir()
    costs: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        costs.setdefault("inline", []).append(cost_of_a_run(folder, "pyexp", "inline", short=100, long=1100))
        costs.setdefault("three files", []).append(
            _mean(lambda: floors.three_files(three_files / str(next(_serial))), 1000)
        )
        costs.setdefault("fork", []).append(cost_of_a_run(folder, "pyexp", "fork", short=10, long=210))
        costs.setdefault("fork and files", []).append(_mean(partial(floors.fork_and_files, three_files), 200))
        costs.setdefault("subprocess", []).append(cost_of_a_run(folder, "pyexp", "subprocess", short=3, long=23))
        costs.setdefault("import cloudpickle", []).append(_mean(floors.import_cloudpickle, 20))
        for name, system, variant in _rivals():
            costs.setdefault(name, []).append(cost_of_a_run(folder, system, variant, short=2, long=12))
    median = {name: statistics.median(values) for name, values in costs.items()}
    rivals = {name: median[name] for name, _, _ in _rivals()}
    return [
        Row(what="inline, no-op run", floor=median["three files"], ours=median["inline"], target=3.0, rivals=rivals),
        Row(what="fork, no-op run", floor=median["fork and files"], ours=median["fork"], target=2.0, rivals=rivals),
        Row(
            what="subprocess, no-op run",
            floor=median["import cloudpickle"],
            ours=median["subprocess"],
            target=1.3,
            rivals=rivals,
        ),
    ]


def _rivals() -> list[tuple[str, str, str]]:
    found = []
    if find_spec("hydra"):
        found.append(("hydra basic", "hydra", "basic"))
        if find_spec("hydra_plugins.hydra_joblib_launcher"):
            found.append(("hydra joblib", "hydra", "joblib"))
    if find_spec("submitit"):
        found.append(("submitit", "submitit", ""))
    return found


def _mean(call: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times


def whole_commands(folder: Path) -> list[Row]:
    """Commands as a person waits for them."""
    eight = {
        f"8 × sleep(1), -j 8, {executor}": partial(
            _python, f"import sweeps; sweeps.sleepers({str(folder)!r}, {executor!r})"
        )
        for executor in ("fork", "subprocess")
    }
    seconds = take_turns(eight, rounds=3)
    rows = [Row(what=what, ours=seconds[what], target=target) for what, target in zip(eight, (1.5, 2.0), strict=True)]
    imports = take_turns(
        {"import pyexp": partial(_python, "import pyexp"), "pass": partial(_python, "pass")}, rounds=20
    )
    rows.append(Row(what="import pyexp, over start-up", ours=imports["import pyexp"] - imports["pass"], target=0.040))
    return rows


def large_batches(folder: Path) -> list[Row]:
    """Sweeps of thousands: their cost per run, the parent's memory, and what listing and opening them takes."""
    small_s = _sweep_s(folder / "1000", "pyexp", "inline", 1000)
    start = time.perf_counter()
    done = _python(f"import sweeps, pathlib; sweeps.large({str(folder / '10000')!r}, 10_000)")
    large_s = time.perf_counter() - start
    _python(f"import sweeps, pathlib; sweeps.large({str(folder / '5000')!r}, 5_000)")
    probe = "import sweeps; sweeps.{}({!r})"
    listing = take_turns(
        {
            "list": partial(_python, probe.format("list_batches", str(folder / "5000"))),
            "start-up": partial(_python, probe.format("list_nothing", str(folder / "5000"))),
        },
        rounds=7,
    )
    opening = float(_python(probe.format("open_results", str(folder / "10000"))))
    return [
        Row(
            what="10,000 inline no-ops, per run, against 1,000",
            ours=large_s / 10_000,
            floor=small_s / 1_000,
            target=1.2,
        ),
        Row(what="10,000 inline no-ops, parent's memory", ours=float(done), unit="MB", target=150),
        Row(what="--list of a batch of 5,000, over start-up", ours=listing["list"] - listing["start-up"], target=0.020),
        Row(what="opening results() of 10,000 runs", ours=opening, target=0.100),
    ]


def _python(code: str) -> str:
    """Run *code* beside the benchmarks and give its last line."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=SWEEPS.parent,
    )
    return (done.stdout.strip().splitlines() or [""])[-1]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="pyexp-bench-") as name:
        groups = (single_runs, whole_commands, large_batches)
        print_table("Running", chain.from_iterable(group(Path(name)) for group in groups))

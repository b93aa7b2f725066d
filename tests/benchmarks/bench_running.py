"""The "Running" table: what a run costs, against the least code that does the same work and against other sweep runners."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

import floors
from measuring import medians, rival, row, taken
from table import Row, print_table

if TYPE_CHECKING:
    from collections.abc import Callable

SWEEPS = Path(__file__).with_name("sweeps.py")
FORKED = Path(__file__).with_name("forked_runs.py")
GUARDED = Path(__file__).with_name("guarded.py")
FIRST_LINE = Path(__file__).with_name("first_line.py")
# What the process of a run has loaded when the script's top begins; then what the top asks for.
DECLARING = """
import atexit, ctypes, faulthandler, linecache, pathlib, pickle, time
import pyexp.code.unpacking, pyexp.config.config, pyexp.executors.child.child
begin = time.process_time()
pyexp.experiment, pyexp.Experiment, pyexp.chkpt
print(time.process_time() - begin)
"""
HEAVY = "numpy,sklearn.ensemble"
_serial = count()


def cost_of_a_run(folder: Path, system: str, variant: str, *, short: int, long: int) -> float:
    """Seconds per run of a sweep, starting up left out."""
    return (_sweep_s(folder, system, variant, long) - _sweep_s(folder, system, variant, short)) / (long - short)


def _sweep_s(folder: Path, system: str, variant: str, runs: int) -> float:
    return _script_s(SWEEPS, system, str(runs), folder, variant)


def guarded_run(folder: Path, *, short: int = 3, long: int = 23) -> float:
    """Seconds per run of a script whose start is under the guard, starting up left out."""
    return (_script_s(GUARDED, str(long), folder) - _script_s(GUARDED, str(short), folder)) / (long - short)


def _script_s(script: Path, *arguments: str | Path) -> float:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, script, *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def single_runs(folder: Path) -> list[Row]:
    """No-op runs one after the other, by executor, each beside its floor and the rivals."""
    files = folder / "floor"
    files.mkdir()
    sweep = partial(cost_of_a_run, folder)
    figures = medians(
        {
            "inline": partial(sweep, "pyexp", "inline", short=100, long=1100),
            "three files": partial(_mean, lambda: floors.three_files(files / str(next(_serial))), 1000),
            "fork": partial(sweep, "pyexp", "fork", short=10, long=210),
            "fork and files": partial(_mean, partial(floors.fork_and_files, files), 200),
            "fork and files, same modules": lambda: float(
                _python(f"import sweeps; sweeps.fork_floor({str(files / str(next(_serial)))!r}, 200)")
            ),
            "subprocess": partial(sweep, "pyexp", "subprocess", short=3, long=23),
            "guarded": partial(guarded_run, folder),
            "import cloudpickle": partial(_mean, floors.import_cloudpickle, 20),
            "hydra basic": rival("hydra", partial(sweep, "hydra", "basic", short=2, long=12)),
            "hydra joblib": rival("hydra_plugins", partial(sweep, "hydra", "joblib", short=2, long=12)),
            "submitit": rival("submitit", partial(sweep, "submitit", "", short=2, long=12)),
        }
    )
    rivals = {name: figures[name] for name in ("hydra basic", "hydra joblib", "submitit")}
    pairs = (("inline", "three files", 3.0), ("fork", "fork and files", 2.0), ("subprocess", "import cloudpickle", 1.3))
    rows = [
        row(f"{ours}, no-op run", target, {"ours": figures[ours], "floor": figures[floor], **rivals})
        for ours, floor, target in pairs
    ]
    same = {"ours": figures["fork"], "floor": figures["fork and files, same modules"]}
    # What a fork costs goes by what the forked process has loaded: the floor of the row above is a bare one.
    guarded = {"ours": figures["guarded"], "floor": figures["import cloudpickle"]}
    rows.append(row("subprocess, no-op run of a guarded script", 1.3, guarded))
    rows.insert(2, row("fork, no-op run; floor: a process that has loaded the same", 2.0, same))
    return rows


def forked_runs(folder: Path) -> list[Row]:
    """No-op runs on the fork server, by what the script imports and by the size of the parent."""
    figures = medians(
        {
            "light": partial(_forked, "forkserver", "", 0, folder),
            "light, large parent": partial(_forked, "forkserver", "", 1024, folder),
            "floor": partial(_forked, "floor", HEAVY),
            "heavy": partial(_forked, "forkserver", HEAVY, 0, folder),
            "heavy, fork": partial(_forked, "fork", HEAVY, 0, folder),
        }
    )
    seconds = medians(
        {
            "forkserver": partial(_heavy_sweep_s, folder, "forkserver", 200),
            "subprocess": lambda: _heavy_sweep_s(folder, "subprocess", 10) * 20,
        },
        rounds=1,
    )
    fork = {"fork": figures["heavy, fork"]}
    return [
        Row(what="forkserver, no-op of an empty script", ours=figures["light"], target=0.005),
        Row(what="the same beside a parent of 1 GB", ours=figures["light, large parent"], target=0.005),
        row(
            "forkserver, no-op after importing NumPy and scikit-learn; floor: bare fork, exit and wait",
            1.5,
            {"ours": figures["heavy"], "floor": figures["floor"], **fork},
        ),
        row(
            "200 of them with the start; floor: subprocess (10 runs × 20)",
            0.1,
            {"ours": seconds["forkserver"], "floor": seconds["subprocess"]},
        ),
    ]


def _forked(*arguments: object) -> float:
    command = [sys.executable, FORKED, *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return float(done.stdout.split()[-1])


def _heavy_sweep_s(folder: Path, executor: str, runs: int) -> float:
    code = f"import sweeps; sweeps.heavy_sweep({runs}, {str(folder)!r}, {executor!r})"
    return float(_python(code))


def _mean(call: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times


def whole_commands(folder: Path) -> list[Row]:
    """Commands as a person waits for them."""
    eight = "import sweeps; sweeps.sleepers({!r}, {!r})"
    seconds = medians(
        {
            "fork": partial(taken, partial(_python, eight.format(str(folder), "fork"))),
            "subprocess": partial(taken, partial(_python, eight.format(str(folder), "subprocess"))),
            "import": partial(_mean, partial(_python, "import pyexp"), 5),
            "start-up": partial(_mean, partial(_python, "pass"), 5),
            "declaring": lambda: float(_python(DECLARING)),
        }
    )
    return [
        Row(what="8 × sleep(1), -j 8, fork", ours=seconds["fork"], target=1.5),
        Row(what="8 × sleep(1), -j 8, subprocess", ours=seconds["subprocess"], target=2.0),
        Row(what="import pyexp, over start-up", ours=seconds["import"] - seconds["start-up"], target=0.040),
        Row(what="what a script's top declares with, in a run's process", ours=seconds["declaring"], target=0.012),
    ]


def first_lines(folder: Path) -> list[Row]:
    """From Enter until the first line of the user's function; beside it, a script of plain Python, and an import."""
    targets = {"inline": 0.060, "fork": 0.075, "subprocess": 0.130}
    plain = ("plain Python", "import of anyio")

    def wait(of: str) -> float:
        command = [sys.executable, FIRST_LINE, str(time.time()), folder / f"first-{next(_serial)}", of]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return float(done.stdout.split()[-1])

    seconds = medians({of: partial(wait, of) for of in (*plain, *targets)}, rounds=9)
    return [
        Row(
            what=f"first line of a run after Enter, {executor}",
            ours=seconds[executor],
            target=target,
            rivals={of: seconds[of] for of in plain},
        )
        for executor, target in targets.items()
    ]


def cancelled_runs(folder: Path) -> list[Row]:
    """Many live runs that are cancelled at once; the floor: as many forked sleepers, killed and waited for."""
    code = "import sweeps; sweeps.cancel({!r}, {}, is_deaf={})"
    counts = (64, 128, 256)

    def cancel(runs: int, *, is_deaf: bool = False) -> float:
        return float(_python(code.format(str(folder / f"cancelled-{next(_serial)}"), runs, is_deaf)))

    seconds = medians(
        {
            **{f"{runs}": partial(cancel, runs) for runs in counts},
            **{f"floor of {runs}": partial(floors.end_sleepers, runs) for runs in counts},
            "deaf": partial(cancel, counts[-1], is_deaf=True),
        },
        rounds=3,
    )
    rows = [
        Row(
            what=f"{runs} live runs cancelled",
            ours=seconds[f"{runs}"],
            target=1.0,
            rivals={"kill and wait": seconds[f"floor of {runs}"]},
        )
        for runs in counts
    ]
    return [*rows, Row(what="256 that ignore SIGTERM, over the grace", ours=seconds["deaf"], target=1.0)]


def large_batches(folder: Path) -> list[Row]:
    """Sweeps of thousands: their cost per run, the parent's memory, and what listing and opening them takes."""
    small_s = _sweep_s(folder / "1000", "pyexp", "inline", 1_000)
    start = time.perf_counter()
    memory_mb = _python(f"import sweeps; sweeps.large({str(folder / '10000')!r}, 10_000)")
    large_s = time.perf_counter() - start
    _python(f"import sweeps; sweeps.large({str(folder / '5000')!r}, 5_000)")
    probe = "import sweeps; sweeps.{}({!r})"
    listing = medians(
        {
            "list": partial(_mean, partial(_python, probe.format("list_batches", str(folder / "5000"))), 3),
            "start-up": partial(_mean, partial(_python, probe.format("list_nothing", str(folder / "5000"))), 3),
        }
    )
    opening = float(_python(probe.format("open_results", str(folder / "10000"))))
    return [
        Row(
            what="10,000 inline no-ops, per run, against 1,000",
            ours=large_s / 10_000,
            floor=small_s / 1_000,
            target=1.2,
        ),
        Row(what="10,000 inline no-ops, parent's memory", ours=float(memory_mb), unit="MB", target=150),
        Row(what="--list of a batch of 5,000, over start-up", ours=listing["list"] - listing["start-up"], target=0.020),
        Row(what="opening results() of 10,000 runs", ours=opening, target=0.100),
    ]


def large_results(folder: Path) -> list[Row]:
    """Memory for asking 20 results of 20 MB whether they are there, beside what reading them takes."""
    _python(f"import sweeps; sweeps.make_large_results({str(folder)!r})")
    grown_mb = {
        asked: float(_python(f"import sweeps; sweeps.ask({str(folder)!r}, {asked!r})"))
        for asked in ("ok", "error", "result")
    }
    return [
        Row(
            what=f"r.{asked} of 20 results of 20 MB, memory",
            ours=grown_mb[asked],
            unit="MB",
            target=10,
            rivals={"r.result": grown_mb["result"]},
        )
        for asked in ("ok", "error")
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
    # An installed package has its bytecode beside it, as the standard library and the rivals have.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="pyexp-bench-") as name:
        groups = (
            single_runs, forked_runs, cancelled_runs, whole_commands, first_lines, large_batches, large_results
        )  # fmt: skip
        print_table("Running", chain.from_iterable(group(Path(name)) for group in groups))

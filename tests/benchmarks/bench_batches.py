"""The "Batches" table: what large batches, and many of them, cost before and after their runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from functools import partial
from itertools import chain, count
from pathlib import Path

from measuring import medians
from table import Row, print_table

BATCHES = Path(__file__).with_name("batches.py")
_serial = count()


def seconds(probe: str, *arguments: object) -> float:
    """Seconds that *probe* of ``batches.py`` took in a process of its own, as it says in its last line."""
    command = [sys.executable, BATCHES, probe, *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return float(done.stdout.split()[-1])


def continued_batches(folder: Path) -> list[Row]:
    """``--continue`` of finished batches, over what it takes for a batch of one run."""
    for runs in (1, 5_000, 50_000):
        seconds("finished", folder / f"{runs}", runs)
    figures = medians(
        {str(runs): partial(seconds, "go_on", folder / f"{runs}") for runs in (1, 5_000, 50_000)}, rounds=3
    )
    hashed = seconds("go_on", folder / "5000", "--verify") - figures["1"]
    small, large = figures["5000"] - figures["1"], figures["50000"] - figures["1"]
    return [
        Row(what="--continue of 5,000 that passed", ours=small, target=0.200, rivals={"--verify": hashed}),
        Row(what="--continue of 50,000 that passed", ours=large, target=1.5),
    ]


def first_queries(folder: Path) -> list[Row]:
    """The first query by config, and the same by opening each ``config.json``."""
    seconds("finished", folder / "query", 10_000)
    figures = medians({kind: partial(seconds, "query", folder / "query", kind) for kind in ("kept", "each")})
    return [
        Row(
            what="first query of 10,000 runs",
            ours=figures["kept"],
            target=0.100,
            rivals={"config.json": figures["each"]},
        )
    ]


def prepared_batches(folder: Path) -> list[Row]:
    """What a start does before and beside its first run; the floor: a folder and a small file, renamed, for each."""
    figures = medians(
        {
            "first": lambda: seconds("first_run", folder / str(next(_serial)), 100_000),
            "folders": lambda: seconds("folders", folder / str(next(_serial)), 10_000) / 10_000,
            "floor": lambda: seconds("bare_folders", folder / str(next(_serial)), 10_000) / 10_000,
        },
        rounds=3,
    )
    return [
        Row(what="100,000 runs, until the first one begins", ours=figures["first"], rivals={"before": 108.0}),
        Row(
            what="preparing a run, of 10,000",
            ours=figures["folders"],
            target=0.000_25,
            rivals={"bare": figures["floor"]},
        ),
    ]


def large_configs(folder: Path) -> list[Row]:
    """Runs with large configs, over runs with small ones."""
    figures = medians(
        {
            words: lambda words=words: seconds("large_configs", folder / str(next(_serial)), words)
            for words in ("1", "400000")
        },
        rounds=3,
    )
    return [Row(what="a config of 5 MB, a list of 400,000 words", ours=figures["400000"] - figures["1"], target=0.05)]


def extended_batches(folder: Path) -> list[Row]:
    """``--extend`` of 10,000 to 20,000 against a fresh start of 10,000, folders included, no run executed."""

    def extend() -> float:
        batch = folder / str(next(_serial))
        seconds("finished", batch, 10_000)
        return seconds("extended", batch, 20_000)

    figures = medians({"fresh": lambda: seconds("fresh", folder / str(next(_serial)), 10_000), "extended": extend})
    return [
        Row(
            what="--extend of 10,000 to 20,000; floor: a fresh plan of 10,000",
            ours=figures["extended"],
            floor=figures["fresh"],
            target=1.2,
        )
    ]


def many_batches(folder: Path) -> list[Row]:
    """Questions to 1,000 batches."""
    seconds("finished", folder / "many", 4)
    (batch,) = (folder / "many" / "noop").iterdir()
    for serial in range(1, 1_000):
        shutil.copytree(batch, batch.with_name(f"2001-01-01_00-00-00_{serial}"))
    figures = medians({kind: partial(seconds, kind, folder / "many") for kind in ("by_name", "by_value", "listing")})
    return [
        Row(what="history by name over 1,000 batches", ours=figures["by_name"], target=1.0),
        Row(what="history by a value of the config", ours=figures["by_value"], target=1.0),
        Row(what="--list of 1,000 batches", ours=figures["listing"], target=1.0),
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="pyexp-bench-") as name:
        groups = (many_batches, extended_batches, first_queries, prepared_batches, large_configs, continued_batches)
        print_table("Batches", chain.from_iterable(group(Path(name) / group.__name__) for group in groups))

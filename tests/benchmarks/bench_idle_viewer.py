"""The "Idle viewer" table: what a viewer takes of a core while nothing runs, once it has seen that nothing does."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))
from table import Row, print_table

from browser.records import record
from pyexp.task import Status
from pyexp.viewer import start_viewer

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTLED_S = 70.0  # pauses of 1, 2, 4, 8, 16 s, and two of the longest would be watched
WATCHED_S = 60.0


def finished(root: Path, count: int) -> None:
    """A batch of runs that have all ended, each with a log."""
    root.mkdir()
    with record(root, [{"name": f"run{number}", "k": number} for number in range(count)]) as batch:
        with batch.logger(0) as logger:
            logger.add_scalar("loss", 1.0)
        content = (batch.paths[0].root / "events.pb").read_bytes()
        for number in range(count):
            (batch.paths[number].root / "events.pb").write_bytes(content)
            batch.set(number, Status.PASSED)


def cpu_s(pid: int) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rows(folder: Path) -> Iterator[Row]:
    for count, target in ((100, None), (1_000, None), (10_000, 0.3)):
        root = folder / str(count)
        finished(root, count)
        viewer = start_viewer(root, port=0)
        try:
            time.sleep(SETTLED_S)
            before, begin = cpu_s(viewer._process.pid), time.monotonic()
            time.sleep(WATCHED_S)
            share = 100 * (cpu_s(viewer._process.pid) - before) / (time.monotonic() - begin)
        finally:
            viewer.stop()
        yield Row(what=f"{count:,} finished runs", ours=share, target=target, unit="% of a core")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="pyexp-bench-") as name:
        print_table("Idle viewer", rows(Path(name)))

"""Cuts the power at the n-th file operation of a batch, for every n; `main` prints a JSON line per cut.

Every way in which the store touches the disk is counted: folders, files opened, written, synced, renamed, removed. At
the n-th one the process ends at once, a write after half of its bytes. What follows is done by a process that knows
nothing of it.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import pyexp._files
from pyexp import ExperimentRunner
from pyexp.store.batches.finding import find_batches

CUT = 77
OPERATIONS = ("open", "mkdir", "fsync", "replace", "unlink", "ftruncate")


class Power:
    """Ends this process at the n-th operation."""

    def __init__(self, n: int) -> None:
        self.left = n
        self.real_write = os.write

    def install(self) -> None:
        for name in OPERATIONS:
            setattr(os, name, self.counted(getattr(os, name)))
        os.write = self.write
        pyexp._files.open = lambda *args: CountedFile(self, open(*args))  # noqa: SIM115 — closed by its own __exit__

    def counted(self, function: Any) -> Any:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            self.spend()
            return function(*args, **kwargs)

        return wrapper

    def write(self, descriptor: int, data: Any) -> int:
        if self.left == 1:
            self.real_write(descriptor, bytes(data)[: len(data) // 2])
        self.spend()
        return self.real_write(descriptor, data)

    def spend(self) -> None:
        self.left -= 1
        if self.left == 0:
            os._exit(CUT)


class CountedFile:
    """A file whose writes count, and are never kept back."""

    def __init__(self, power: Power, file: Any) -> None:
        self.power = power
        self.file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def write(self, data: Any) -> int:
        if self.power.left == 1:
            self.file.write(bytes(data)[: len(data) // 2])
            self.file.flush()
        self.power.spend()
        written = self.file.write(data)
        self.file.flush()
        return written


def body(config: Any) -> int:
    with Path(config.log).open("a") as log:
        log.write(f"{config.x}\n")
    marker = Path(config.log).with_name("cut-in-the-second")
    if config.x == 1 and marker.exists():
        marker.unlink()
        os._exit(CUT)
    return config.x * 10


def make_runner(out: Path) -> ExperimentRunner:
    runner = ExperimentRunner(body, name="exp", output_dir=out, executor="inline", stash=False)
    runner.configs(lambda: [{"x": x, "log": str(out / "executed")} for x in range(2)])
    runner.report(lambda results: results)
    return runner


def run_until(out: Path, n: int, **settings: Any) -> bool:
    """Run with the power cut at operation *n*; tells whether it was."""
    if pid := os.fork():
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        assert code in (0, CUT), code
        return code == CUT
    code = 1
    with suppress(BaseException):
        Power(n).install()
        make_runner(out).run(**settings)
        code = 0
    os._exit(code)


def look_and_continue(out: Path) -> dict[str, Any]:
    """What can be read after the cut, and what a continuing start makes of it."""
    batches = find_batches(out / "exp")
    if not batches:
        return {"batches": 0, "after": [r.result for r in make_runner(out).run()]}
    before = {r.name: r.result for r in make_runner(out).results() if r.status == "passed"}
    executed = executions(out)
    after = make_runner(out).run(continue_run=True)
    again = executions(out)[len(executed) :]
    return {
        "batches": len(batches),
        "before": before,
        "after": [r.result for r in after],
        "errors": [r.error for r in after],
        "again": again,
        "statuses": [json.loads((r.out / "status.json").read_bytes())["status"] for r in after],
        "listed": [r.status for r in make_runner(out).results()],
    }


def executions(out: Path) -> list[str]:
    path = out / "executed"
    return path.read_text().split() if path.exists() else []


def half_done(out: Path) -> None:
    """Leave a batch whose first run has passed, and whose second was running when its owner died."""
    if pid := os.fork():
        os.waitpid(pid, 0)
        return
    with suppress(BaseException):
        (out / "cut-in-the-second").touch()
        make_runner(out).run()
    os._exit(1)


def main(root: Path, phase: str) -> None:
    base = root / "base"
    base.mkdir()
    if phase == "continue":
        half_done(base)
    n = 1
    while True:
        out = root / "out"
        shutil.copytree(base, out)
        settings = {"continue_run": True} if phase == "continue" else {}
        was_cut = run_until(out, n, **settings)
        print(json.dumps({"n": n, "cut": was_cut, **look_and_continue(out)}))
        shutil.rmtree(out)
        if not was_cut:
            return
        n += 1

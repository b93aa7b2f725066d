"""The golden batches of `tests/golden`: copies to work on, and what is known of them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.experiments import RUNNERS

if TYPE_CHECKING:
    from pyexp import Tensor

BATCHES = Path(__file__).parents[1] / "golden" / "batches"

OLDER = "2026-11-27_00-05-26"  # the older of the two batches of `swept`

# Of each run of each experiment's latest batch: status, whether its result is good, attempts so far.
STATES = {
    "values": dict.fromkeys(
        ["config", "tensor", "plain", "arrays", "own", "outcomes", "log values", "nested", "public", "errors"],
        ("passed", True, 1),
    ),
    "scripted": {"script": ("passed", True, 1)},
    "swept": {
        f"mlp_learning_rate={rate}_model.width={width}": ("passed", True, 1)
        for rate in ("0.5", "0.25")
        for width in (8, 16, 32)
    },
    "states": {
        "passed": ("passed", True, 1),
        "failed": ("failed", False, 1),
        "failed-twice": ("failed", False, 2),
        "exited": ("failed", False, 1),
        "killed": ("failed", False, 1),
        "retried": ("passed", True, 2),
        "timed-out": ("timeout", False, 1),
        "interrupted": ("interrupted", False, 1),
        "orphaned": ("interrupted", False, 1),
        "pending": ("pending", False, 0),
    },
    "damaged": {
        "whole": ("passed", True, 1),
        "flipped-result": ("passed", False, 1),
        "cut-result": ("passed", False, 1),
        "altered-config": ("passed", True, 1),
        "altered-config-without-result": ("interrupted", False, 1),
        "lost-status": ("passed", True, 1),
        "lost-status-and-result": ("pending", False, 0),
        "lost-result": ("interrupted", False, 1),
        "torn-status": ("passed", True, 0),
    },
    "named": dict.fromkeys(
        [
            *("lr:0.1/x", "../..", "nul.txt", " ", "a", "A", "-dash", "ünïcode 🙂", 'quo"te', "two\nlines"),
            *("007", "x~2", "a.", "config13"),
        ],
        ("passed", True, 1),
    ),
    "staged": {"passed": ("passed", True, 1), "failed": ("failed", False, 1)},
    "Training": {"passed": ("passed", True, 1), "failed": ("failed", False, 1)},
    "Streaming": {"stream": ("passed", True, 1)},
    "logged": dict.fromkeys(
        ["protobuf", "jsonl", "ticks", "torn", "attempts", "jsonl-attempts", "jsonl-torn"], ("passed", True, 1)
    ),
}


def copy_batches(target: Path, *experiments: str) -> Path:
    """Copy the batches of *experiments*, or of all, below *target*, and return the folder for ``output_dir``."""
    out = target / "golden"
    for name in experiments or RUNNERS:
        shutil.copytree(BATCHES / name, out / name)
    return out


def load(out: Path, experiment: str, timestamp: str | None = None) -> Tensor:
    """Open the results of a batch in *out*, the latest unless another is named."""
    return RUNNERS[experiment].results(timestamp, output_dir=out)


def name_of(result: Any) -> str:
    """Name of a run; one whose config is damaged may be named after its folder, whose hash is left out."""
    return re.sub("-[0-9a-f]{12}$", "", result.name)


def executions(results: Tensor) -> dict[str, int]:
    """How often each run was executed, by the file that each execution appends to."""
    counts = {}
    for result in results:
        path = result.out / "executions"
        counts[name_of(result)] = path.read_text(encoding="utf-8").count("x") if path.exists() else 0
    return counts

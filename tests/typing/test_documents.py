"""The programs of `examples/` and of the README under mypy as it is without any settings: not strict."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.timeout(600)  # without its cache mypy reads the stubs of NumPy and pandas first

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)

# What a program of the README leaves to the reader.
SUPPLIED = {
    "build_model(": "def build_model(width): return width\n",
    "train_step(": "def train_step(model, rate): return 0.5\n",
    "evaluate(model)": "def evaluate(model): return 0.9\n",
    "experiment.run(executor=executor)": "import pyexp\n@pyexp.experiment\ndef experiment(config): return config.x\n",
}


def errors_of(paths: Sequence[Path]) -> list[str]:
    options = [
        "--config-file=",
        "--check-untyped-defs",
        "--ignore-missing-imports",
        "--num-workers=2",
        "--cache-dir=.mypy_cache/documents",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *map(str, paths)],
        cwd=ROOT, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if ": error: " in line]


def test_examples():
    assert errors_of([ROOT / "examples"]) == []


def test_readme(tmp_path: Path):
    paths = [tmp_path / f"block{number}.py" for number in range(len(BLOCKS))]
    for path, block in zip(paths, BLOCKS, strict=True):
        path.write_text("".join(text for name, text in SUPPLIED.items() if name in block) + block, "utf-8")
    assert len(paths) >= 5
    assert errors_of(paths) == []


def test_an_error_is_seen(tmp_path: Path):
    program = tmp_path / "wrong.py"
    program.write_text("import pyexp\n\ndef start():\n    pyexp.nothing\n", "utf-8")
    assert [line.rpartition(": error: ")[2] for line in errors_of([program])] == [
        'Module has no attribute "nothing"  [attr-defined]'
    ]

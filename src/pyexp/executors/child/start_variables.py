"""The environment variables that a start takes settings from, and that its runs do not inherit."""

from __future__ import annotations

import os

EXECUTOR = "PYEXP_EXECUTOR"
JOBS = "PYEXP_JOBS"
OUTPUT_DIR = "PYEXP_OUTPUT_DIR"


def forget_start_variables() -> None:
    """Remove them: they were meant for this start, not for what a run starts itself."""
    for name in (EXECUTOR, JOBS, OUTPUT_DIR):
        os.environ.pop(name, None)

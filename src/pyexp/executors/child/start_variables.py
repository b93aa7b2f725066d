"""The environment variables that a start takes settings from, and that its runs do not inherit."""

from __future__ import annotations

import os

EXECUTOR = "PYEXP_EXECUTOR"
JOBS = "PYEXP_JOBS"
OUTPUT_DIR = "PYEXP_OUTPUT_DIR"


def forget_start_variables() -> None:
    """Remove them: what a run starts itself is no part of the start that they were meant for."""
    for name in (EXECUTOR, JOBS, OUTPUT_DIR):
        os.environ.pop(name, None)

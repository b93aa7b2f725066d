"""The process of a run: how it gets its task, executes it and reports. Knows no executor by name."""

from __future__ import annotations

import os
from typing import Final

# The program of a process that is started for one run.
WORKER: Final = os.path.join(os.path.dirname(os.path.abspath(__file__)), "worker.py")
# The program of a process that runs are forked from.
FORK_SERVER: Final = os.path.join(os.path.dirname(os.path.abspath(__file__)), "forkserver_process.py")
# The program of a process that runs are started from, each as a program of its own.
RUN_SERVER: Final = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run_server.py")

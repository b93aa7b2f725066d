"""Run experiments: write one function, sweep it over configs, get results shaped like the sweep.

Every name here is imported on first use, so that ``import pyexp`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from pyexp import _former_names as former_names
from pyexp import _random_recorder as random_recorder

if TYPE_CHECKING:
    from pyexp import viewer as viewer
    from pyexp.config.config import Config
    from pyexp.config.loader import load_config
    from pyexp.config.merge import merge
    from pyexp.config.overrides import parse_value
    from pyexp.config.registry import build, register
    from pyexp.definition.base import Experiment
    from pyexp.definition.checkpoint import chkpt
    from pyexp.errors import ExperimentsFailedError, PyexpError
    from pyexp.executors.base import Executor, ExecutorName
    from pyexp.executors.child.random_state import seed_everything
    from pyexp.executors.invoke import run_task
    from pyexp.executors.local.fork import ForkExecutor
    from pyexp.executors.local.forkserver import ForkserverExecutor
    from pyexp.executors.local.inline import InlineExecutor
    from pyexp.executors.local.subprocess import SubprocessExecutor
    from pyexp.executors.ray import RayExecutor
    from pyexp.executors.registry import get_executor
    from pyexp.log.logger import Logger
    from pyexp.log.reader import LogReader
    from pyexp.results.result import Result
    from pyexp.results.results import Results
    from pyexp.runner.experiment_runner import ExperimentRunner, experiment
    from pyexp.sweeps.sweep import sweep
    from pyexp.sweeps.variations import sample, zipped
    from pyexp.task import Failed, Outcome, Passed, Status, Task
    from pyexp.tensor.concat import concat
    from pyexp.tensor.tensor import Tensor

__version__ = "0.1.0"

former_names.install()
import_module("pyexp.code.start")  # notes the command line and the folder, before the script changes them
random_recorder.install()

_HOMES: Final = {
    "Absent": "tensor.absent",  # named by pickles, as are those that begin with an underscore
    "Config": "config.config",
    "Executor": "executors.base",
    "ExecutorName": "executors.base",
    "Experiment": "definition.base",
    "ExperimentRunner": "runner.experiment_runner",
    "ExperimentsFailedError": "errors",
    "Failed": "task",
    "ForkExecutor": "executors.local.fork",
    "ForkserverExecutor": "executors.local.forkserver",
    "InlineExecutor": "executors.local.inline",
    "LogReader": "log.reader",
    "Logger": "log.logger",
    "Outcome": "task",
    "Passed": "task",
    "PyexpError": "errors",
    "RayExecutor": "executors.ray",
    "Result": "results.result",
    "Results": "results.results",
    "Status": "task",
    "SubprocessExecutor": "executors.local.subprocess",
    "Task": "task",
    "Tensor": "tensor.tensor",
    "_restore_config": "config.config",
    "build": "config.registry",
    "chkpt": "definition.checkpoint",
    "concat": "tensor.concat",
    "experiment": "runner.experiment_runner",
    "get_executor": "executors.registry",
    "load_config": "config.loader",
    "merge": "config.merge",
    "parse_value": "config.overrides",
    "register": "config.registry",
    "run_task": "executors.invoke",
    "sample": "sweeps.variations",
    "seed_everything": "executors.child.random_state",
    "sweep": "sweeps.sweep",
    "zipped": "sweeps.variations",
}

__all__ = [
    "Config",
    "Executor",
    "ExecutorName",
    "Experiment",
    "ExperimentRunner",
    "ExperimentsFailedError",
    "Failed",
    "ForkExecutor",
    "ForkserverExecutor",
    "InlineExecutor",
    "LogReader",
    "Logger",
    "Outcome",
    "Passed",
    "PyexpError",
    "RayExecutor",
    "Result",
    "Results",
    "Status",
    "SubprocessExecutor",
    "Task",
    "Tensor",
    "build",
    "chkpt",
    "concat",
    "experiment",
    "get_executor",
    "load_config",
    "merge",
    "parse_value",
    "register",
    "run_task",
    "sample",
    "seed_everything",
    "sweep",
    "zipped",
]


if not TYPE_CHECKING:  # a type checker would take any name for one of ours

    def __getattr__(name: str) -> Any:
        if name in _HOMES:
            value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        elif name == "viewer":
            value = import_module(f"{__name__}.viewer")
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Every name that the pickles of an earlier version hold leads to something still: see `tests/golden`.

A module may move, but what it was called stays importable: else results, checkpoints and logs of years are lost.
"""

from __future__ import annotations

import importlib
import pickle
import pickletools
from typing import TYPE_CHECKING

import pytest

from e2e.support_golden import BATCHES
from pyexp import LogReader

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIGURES = ("matplotlib.", "cloudpickle.", "functools.", "collections.", "builtins.", "numpy.")

# What the pickles name, by module: paths that stay importable wherever the modules move.
NAMED = {
    "pyexp.config.config": "Config _restore",
    "pyexp.config.loader": "load_config",
    "pyexp.config.merge": "merge",
    "pyexp.config.registry": "build register",
    "pyexp.config.sweep": "sweep",
    "pyexp.config.tensor": "Tensor",
    "pyexp.definition.base": "Experiment",
    "pyexp.definition.checkpoint": "chkpt",
    "pyexp.definition.class_body": "ClassBody",
    "pyexp.definition.function_body": "FunctionBody",
    "pyexp.errors": (
        "BatchNotFoundError BatchOwnedError ConfigError ConfigFileError ConfigValueTypeError DamagedFileError "
        "DuplicateConfigError ExecutorError ExperimentsFailedError LogError LogWriteError MissingExtraError "
        "NoConfigsError NothingMatchesError OutputError PyexpError RegistryError SelectionError SettingsError "
        "UnknownExecutorError UnknownTypeError UnpicklableError ViewerError WrongTypeError"
    ),
    "pyexp.executors.base": "Executor",
    "pyexp.executors.fork": "ForkExecutor",
    "pyexp.executors.inline": "InlineExecutor",
    "pyexp.executors.invoke": "run_task",
    "pyexp.executors.ray": "RayExecutor",
    "pyexp.executors.registry": "get_executor",
    "pyexp.executors.subprocess": "SubprocessExecutor",
    "pyexp.log.answers": "Changes ScalarArrays",
    "pyexp.log.discovery": "find_runs",
    "pyexp.log.event_file": "read_bytes",
    "pyexp.log.events": "Entry Part",
    "pyexp.log.lifecycle": "close_all flush_all",
    "pyexp.log.logger": "Logger",
    "pyexp.log.reader": "LogReader",
    "pyexp.log.repairing": "repair",
    "pyexp.log.series": "Series downsample",
    "pyexp.results.result": "Result _Unread",
    "pyexp.runner.experiment_runner": "ExperimentRunner _arrive experiment",
    "pyexp.store.batch": "Batch",
    "pyexp.store.index": "RunRecord",
    "pyexp.store.layout": "BatchPaths",
    "pyexp.task": "Failed Passed Status Task",
}

# And what is not ours.
OTHERS = {
    "__main__": "Reading",
    "array": "_array_reconstructor array",
    "datetime": "datetime timedelta timezone",
    "golden.values": "Inner Phase Weights square",
    "numpy._core.multiarray": "_reconstruct scalar",
    "numpy._core.numeric": "_frombuffer",
    "numpy": "dtype ndarray",
    "pathlib": "PosixPath",
}
PATHS = {f"{module}.{name}" for table in (NAMED, OTHERS) for module, names in table.items() for name in names.split()}


def named(data: bytes) -> set[str]:
    """Dotted paths of all that the pickle *data* names."""
    found: set[str] = set()
    pushed: list[object] = []
    memo: list[object] = []
    is_string = False
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name == "GLOBAL":
            found.add(argument.replace(" ", "."))
        elif opcode.name == "STACK_GLOBAL":
            found.add(".".join(map(str, pushed[-2:])))
        elif opcode.name == "MEMOIZE":
            memo.append(pushed[-1] if is_string else None)
            continue
        elif "UNICODE" in opcode.name:
            pushed.append(argument)
        elif opcode.name in ("BINGET", "LONG_BINGET"):
            pushed.append(memo[argument])
        is_string = "UNICODE" in opcode.name
    return found


def pickles() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each whole pickle: results, checkpoints, and the objects in logs of both formats."""
    for path in sorted([*BATCHES.rglob("*.pkl"), *BATCHES.rglob("*.cpkl")]):
        if not path.parent.name.startswith(("flipped-result-", "cut-result-")):
            yield path.relative_to(BATCHES).as_posix(), path.read_bytes()
    for path in sorted(BATCHES.rglob("events.pb")):
        log = LogReader(path.parent)
        for entry in log.entries():
            for part in entry.parts:
                if part.media_type == "application/x-pickle":
                    yield f"{path.parent.name}/{entry.tag}", log.read_part(part)


def is_figure(name: str) -> bool:
    return "plots/line" in name


def test_the_table_names_all_that_the_pickles_name():
    found: set[str] = set()
    for name, data in pickles():
        if not is_figure(name):
            found |= named(data)
    assert found == PATHS


def test_a_figure_names_nothing_of_ours():
    figures = [named(data) for name, data in pickles() if is_figure(name)]
    assert len(figures) == 2
    for found in figures:
        assert all(path.startswith(_FIGURES) for path in found)


@pytest.mark.parametrize("path", sorted(PATHS - {"__main__.Reading"}))
def test_what_a_pickle_names_can_be_imported(path):
    module, _, name = path.rpartition(".")
    assert getattr(importlib.import_module(module), name) is not None


def test_every_pickle_opens():
    opened = []
    for name, data in pickles():
        if not is_figure(name) and not name.startswith("scripted/"):  # those name the script, which this is not
            pickle.loads(data)
            opened.append(name)
    assert len(opened) == 75

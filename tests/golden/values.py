"""The golden runs whose results and configs hold every kind of value."""

import enum
import types
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyexp
import pyexp.log
from golden.noting import note
from pyexp import Config, Experiment, Failed, Logger, LogReader, Passed, Status, Task, experiment, sweep


@dataclass(frozen=True)
class Weights:
    """A user's value: pickles name its module."""

    values: tuple[float, ...]


class Phase(enum.Enum):
    WARM = "warm"
    COLD = "cold"


@experiment(stash=False, executor="inline")
def values(config):
    note(config.out, "executions")
    print("made", config.kind)
    return MAKERS[config.kind](config)


def make_config(config):
    return config


def make_tensor(config):
    return sweep(sweep([{"name": "inner", "model": {}}], {"lr": [0.1, 0.01]}), {"model.width": [8, 16]})


def make_plain(config):
    return {
        "tuple": (1, (2, "three"), []),
        "set": {1, 2, 3},
        "frozenset": frozenset({"a"}),
        "path": Path("data/train.csv"),
        "status": [Status.PASSED, Status.TIMEOUT],
        "numbers": [float("nan"), float("inf"), float("-inf"), -0.0, 1 << 80],
        "bytes": b"\x00\xff",
        "when": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "none": None,
        "text": "ünïcode 🙂",
    }


def make_arrays(config):
    import numpy as np

    return {
        "floats": np.array([[1.5, float("nan")], [float("inf"), -2.0]], dtype="float32"),
        "integers": np.arange(3),
        "objects": np.array([Status.FAILED, None], dtype=object),
        "scalar": np.float64(0.25),
        "fortran": np.asfortranarray([[1, 2], [3, 4]], dtype="int16"),
    }


def make_own(config):
    return [Weights((0.5, 1.5)), Phase.COLD]


def make_outcomes(config):
    return [
        Passed(digest="sha256:00", pid=1),
        Failed(error="ValueError: no\n\ntrace", status=Status.TIMEOUT, exit_code=3, signal="SIGKILL"),
        pyexp.ExperimentsFailedError("2 failed"),
        pyexp.errors.SelectionError("no item is named 'x'"),
        *(
            Task(name="a", config=Config(lr=1), out=Path("out/a"), body=runner._declaration.body)
            for runner in (squares, inners)
        ),
    ]


def make_log_values(config):
    with Logger(config.out) as logger:
        for step in range(3):
            logger.set_global_it(step)
            logger.add_scalar("loss", step / 2)
        logger.add_text("text", "kept")
    reader = LogReader(config.out)
    return {
        "series": reader.read_series("loss"),
        "arrays": reader.load_scalars_array("loss"),
        "entries": reader.entries("text"),
        "changes": pyexp.log.Changes(scalars={"loss": 2}),
        "reader": LogReader(config.out),
    }


def make_nested(config):
    """Results of experiments that ran within this run; their own batches are not kept."""
    given = {"configs": sweep([{"name": "inner"}], {"x": [2, 3]}), "report": lambda results: results}
    return {
        "runner": squares,
        "results": squares.run(output_dir=config.scratch, **given),
        "instances": inners.run(output_dir=config.scratch, **given),
    }


def make_public(config):
    """Every public class and function, by name."""
    modules = {"pyexp": pyexp, "pyexp.log": pyexp.log}
    found = {
        f"{name}.{public}": getattr(module, public) for name, module in modules.items() for public in module.__all__
    }
    return {name: value for name, value in found.items() if isinstance(value, (type, types.FunctionType))}


def make_errors(config):
    """Every class of error, by name."""
    from pyexp import errors

    found = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    return {value.__name__: value for value in found if value.__module__ == errors.__name__}


MAKERS = {
    "config": make_config,
    "tensor": make_tensor,
    "plain": make_plain,
    "arrays": make_arrays,
    "own": make_own,
    "outcomes": make_outcomes,
    "log values": make_log_values,
    "nested": make_nested,
    "public": make_public,
    "errors": make_errors,
}


@values.configs
def value_configs():
    every = {
        "path": Path("data/train.csv"),
        "tuple": (1, (2, "three"), {"deep": 1}),
        "set": {1, "a", (2, 3)},
        "floats": [float("nan"), float("inf"), float("-inf"), 1e-300],
        "long": -(1 << 12_000),
        "$dollar": {"$path": "no path"},
        "items": ["a method of dict", {}],
        "layers": [{"width": 8}, {"width": 16, "act": None}],
        "text": "ünïcode 🙂\nlines",
        "flag": True,
        "empty": {"dict": {}, "list": [], "tuple": (), "set": set()},
    }
    given = {"config": every, "nested": {"scratch": Path("/home/user/project/scratch")}}
    return [{"name": kind, "kind": kind, **given.get(kind, {})} for kind in MAKERS]


def square(config):
    return config.x**2


squares = pyexp.ExperimentRunner(square, stash=False, executor="inline")


class Inner(Experiment):
    def experiment(self):
        self.cube = self.cfg.x**3


inners = pyexp.ExperimentRunner(Inner, stash=False, executor="inline")

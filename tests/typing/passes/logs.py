"""Writing and reading a log."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, assert_type

import numpy as np

import pyexp.log
import pyexp.tensorboard
from pyexp import Logger, LogReader
from pyexp.log import Series, find_runs


def write(folder: Path, anything: Any) -> None:
    with Logger(folder, use_protobuf=False) as logger:
        logger.set_global_it(3)
        logger.add_scalar("loss", 1)
        logger.add_scalar("loss", np.float32(1))
        logger.add_scalar("loss", np.zeros(1).mean())
        logger.add_scalar("loss", np.zeros(()))
        logger.add_scalar("loss", anything)
        logger.add_scalars({"a": 1, "b": Fraction(1, 2), "c": True})
        logger.add_scalars({"a": np.float64(2)})
        logger.add_hparams({"lr": 0.1}, {"loss": 3})
        logger.add_image("image", np.zeros((2, 2, 3)), dataformats="HWC")
        logger.add_table("table", {"a": [1]})


def read(folder: str) -> None:
    with LogReader(folder) as reader:
        assert_type(reader.scalar_tags, set[str])
        assert_type(reader.load_scalars("loss"), list[tuple[int, float]])
        assert_type(reader.read_series("loss"), Series)
        iteration, value = reader["loss"]
        print(iteration + 1, value, reader.get_run("a").runs, reader.load_scalars_array("loss").values)
    print(find_runs(folder), pyexp.log.read_bytes, pyexp.tensorboard.convert)

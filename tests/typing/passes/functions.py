"""An experiment made of a function is called as the function is, with a plain dict in place of the config, too."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, assert_type

import pyexp
from pyexp import Config, ExperimentRunner, Logger, experiment


class Hyper(Config):
    """Names the keys of a config, for editors and type checkers."""

    learning_rate: float


@experiment
def bare(config: Config, scale: int = 2) -> dict[str, int]:
    return {"scaled": config.x * scale}


@pyexp.experiment(name="told", retries=1, timeout=60)
def told(config: Config, logger: Logger, *, out: Path) -> float:
    logger.add_scalar("loss", 0.5)
    return len(str(out / config.name)) / 2


@experiment(executor="inline")
async def waiting(config: Config) -> str:
    return str(config.x)


@experiment
def named(config: Hyper) -> float:
    return config.learning_rate


@experiment
def plain(config: dict[str, Any]) -> float:
    return float(config["x"])


class Model:
    def __call__(self, config: Config) -> bytes:
        return bytes(config.x)

    def fit(self, config: Config, /, *, epochs: int = 1) -> list[float]:
        return [config.x] * epochs

    @staticmethod
    def load(config: Config) -> None: ...


def made(config: Config) -> int:
    return int(config.x)


async def calls(logger: Logger, out: Path) -> None:
    assert_type(bare(Config(x=1)), dict[str, int])
    assert_type(bare({"x": 1}), dict[str, int])
    assert_type(bare({"x": 1}, scale=3), dict[str, int])
    assert_type(bare(config=Config(x=1), scale=3), dict[str, int])
    assert_type(told({"x": 1}, logger, out=out), float)
    assert_type(await waiting({"x": 1}), str)
    assert_type(named({"learning_rate": 0.1}), float)
    assert_type(named(Hyper(learning_rate=0.1)), float)
    assert_type(plain({"x": 1}), float)
    assert_type(ExperimentRunner(made, name="made")({"x": 1}), int)
    assert_type(experiment(made, retries=2)({"x": 1}), int)
    assert_type(experiment(Model())({"x": 1}), bytes)
    assert_type(experiment(Model().fit)({"x": 1}, epochs=2), list[float])
    assert_type(experiment(partial(made))({"x": 1}), int)
    experiment(Model.load)(Config())


def run_any(one: ExperimentRunner[..., Any]) -> None:
    print(one.__name__, one.__doc__, one.viewer)


run_any(bare)
run_any(waiting)
kept: ExperimentRunner[[Config], int] = experiment(made)


@bare.configs
def configs(width: int = 8) -> list[dict[str, object]]:
    return [{"name": "a", "width": width}]


@bare.chkpt
def load(path: str) -> list[int]:
    return [len(path)]


@bare.chkpt(retry=3)
async def fetch(path: str, /, *, tries: int = 1) -> bytes:
    return path.encode() * tries


async def helpers() -> None:
    assert_type(configs(width=3), list[dict[str, object]])
    assert_type(load(path="x"), list[int])
    assert_type(await fetch("x", tries=2), bytes)

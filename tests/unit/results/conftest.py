"""A sweep with a hole, a failed run and nan, run once for all tests of what can be reckoned from results."""

from __future__ import annotations

import math

import pytest

from pyexp import sweep
from support.experiments import make_runner


def train(config, logger):
    steps = 4 if config.seed < 2 else 3
    for step in range(0, 2 * steps, 2):
        logger.set_global_it(step)
        logger.add_scalar("val/acc", config.optim.lr * step - config.seed)
        logger.add_scalar("loss", math.nan if config.seed == 1 else 1.0 / (step + 1))
    if config.seed == 2 and config.width == 16:
        raise ValueError("diverged")
    accuracy = config.optim.lr * config.width + 0.1 * config.seed**2
    return {
        "accuracy": math.nan if (config.width, config.seed) == (8, 0) else accuracy,
        "val": {"loss": 1 / (1 + accuracy)},
        "ok": config.seed > 0,
        "note": "text",
        "curve": [1, 2],
    }


@pytest.fixture(scope="session")
def swept(tmp_path_factory):
    configs = sweep([{"name": "exp"}], {"optim.lr": [0.1, 0.2], "width": [8, 16], "seed": [0, 1, 2]}, short_names=True)
    configs = configs.where(lambda c: not (c.optim.lr == 0.2 and c.width == 8 and c.seed == 1))
    runner = make_runner(train, configs, tmp_path_factory.mktemp("swept"), executor="inline")
    runner.run()
    return runner


@pytest.fixture
def results(swept):
    return swept.results()

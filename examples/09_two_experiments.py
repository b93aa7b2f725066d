"""Two experiments in one script: which data, then which model. One command line, one viewer for both.

From the checkout:

    python examples/09_two_experiments.py                  # both, one after the other
    python examples/09_two_experiments.py --only models    # one of them
    python examples/09_two_experiments.py --filter deep    # whichever has runs of that name
    python examples/09_two_experiments.py --list           # the batches of each
    python examples/09_two_experiments.py --continue       # what has not passed, in the latest batch of each

A batch is named by its timestamp, and where that is not enough by `--continue=models/2026-01-25_14-30-00`.
"""

import pyexp
from pyexp import sweep


@pyexp.experiment(name="data", executor="inline")
def data(config):
    """How noisy may the examples be?"""
    return {"accuracy": 1 - config.noise}


@data.configs
def noises():
    return sweep([{"name": "noise"}], {"noise": [0.1, 0.2, 0.4]})


@pyexp.experiment(name="models", executor="inline")
def models(config):
    """How deep must the model be?"""
    return {"accuracy": 1 - config.noise / (10 * config.depth)}


@models.configs
def depths():
    # The first experiment has run: the noise that it coped with best.
    noise = data.results().best("accuracy").config.noise
    return [{"name": "flat", "depth": 1, "noise": noise}, {"name": "deep", "depth": 8, "noise": noise}]


@models.report
def report(results):
    best = results.best("accuracy")
    print(f"the best model is {best.name}, at {best.result['accuracy']:.4f}")


if __name__ == "__main__":
    data.run()
    models.run()

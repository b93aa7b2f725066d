"""Train networks on spirals: a grid over rate and width, with seeds, on top of a YAML file."""

from pathlib import Path

import pandas as pd

import pyexp
from pyexp import Config, Logger, load_config, sweep
from spirals.data import make_spirals
from spirals.network import Network

CONFIGS = Path(__file__).parent / "configs"


@pyexp.experiment(name="spirals")
def train(config: Config, logger: Logger):
    """Train one network; return how well it tells apart points that it has not seen."""
    points, spiral = make_spirals(config.points, config.turns, seed=config.seed)
    unseen = make_spirals(config.points, config.turns, seed=config.seed + 1000)
    network = Network(config.width, seed=config.seed)
    for step in range(config.steps):
        loss = network.train_step(points, spiral, config.optim.lr, config.optim.momentum)
        logger.log({"train/loss": loss, "val/accuracy": network.accuracy(*unseen)}, step=step)
    return {"loss": loss, "accuracy": network.accuracy(*unseen)}


@train.configs
def configs(config: Config | None = None):
    """Vary what ``--config FILE`` says, or the base."""
    base = config or load_config(CONFIGS / "base.yaml")
    return sweep(base, {"optim.lr": [0.1, 1.0], "width": [8, 32], "seed": range(3)}, short_names=True)


@train.report
def report(results, report_dir):
    """Print mean and standard deviation over the seeds, and draw the curves."""
    mean, std = results.mean("accuracy", over="seed"), results.std("accuracy", over="seed")
    print(pd.DataFrame({"mean": mean.to_series(), "std": std.to_series()}).round(3))
    print(f"best: {results.best('val/accuracy', by='max').name}")
    results.plot.curves("val/accuracy", hue="lr", band="seed").write_html(report_dir / "accuracy.html")


def main() -> None:
    """Run the experiment as the command line says."""
    train.run()


if __name__ == "__main__":
    main()

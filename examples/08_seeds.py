"""Is it better, or was it luck? A sweep with seeds: mean ± standard error, the best run, a band plot and a heat map.

From the checkout:

    pip install ".[analysis,viewer]"
    python examples/08_seeds.py            # 40 short runs
    python examples/08_seeds.py --report   # the same tables and figures again, without training

The figures are pages in the batch's report folder that open in a browser, offline.
"""

import numpy as np

import pyexp
from pyexp import Config, Logger, sweep


@pyexp.experiment(name="seeds")
def experiment(config: Config, logger: Logger):
    """Fit a line to noisy points by gradient descent; the seed decides the points and where it starts."""
    random = np.random.default_rng(config.seed)
    x = random.normal(size=64)
    y = 3 * x + random.normal(scale=0.5, size=64)
    slope, velocity = random.normal(), 0.0
    for step in range(config.steps):
        logger.set_global_it(step)
        logger.add_scalar("loss", np.mean((slope * x - y) ** 2))
        gradient = 2 * np.mean((slope * x - y) * x)
        velocity = config.optim.momentum * velocity - config.optim.lr * gradient
        slope += velocity
    return {"loss": float(np.mean((slope * x - y) ** 2)), "error": abs(slope - 3)}


@experiment.configs
def configs():
    base = [{"name": "line", "steps": 30, "optim": {"lr": 0.1, "momentum": 0.0}}]
    # An axis for each key: 1 x 4 x 2 x 5 runs. Slow ones with momentum are of no interest: that place stays empty.
    grid = sweep(
        base, {"optim.lr": [0.003, 0.01, 0.03, 0.1], "optim.momentum": [0.0, 0.8], "seed": range(5)}, short_names=True
    )
    return grid.where(lambda c: not (c.optim.lr == 0.003 and c.optim.momentum > 0))


@experiment.report
def report(results, report_dir):
    # Statistics over the seeds keep the other axes; the empty place is nan in them.
    mean, sem, count = (of("loss", over="seed") for of in (results.mean, results.sem, results.count))
    print("\nloss after 30 steps, mean ± standard error over the seeds\n")
    for lr in mean["optim.lr"].values:
        for momentum in mean["optim.momentum"].values:
            at = {"axis0": "line", "optim.lr": lr, "optim.momentum": momentum}
            if count.sel(at) > 0:
                print(f"lr={lr:<6g} momentum={momentum:<4g} {mean.sel(at):.3f} ± {sem.sel(at):.3f}")

    best = results.best("loss", mode="min")
    print(f"\nbest run: {best.name}, loss {best.result['loss']:.3f}")
    for lr, runs in results.groupby("lr"):
        print(f"lr={lr:<6g} reaches {runs.best('loss', mode='min', by='min').result['loss']:.3f} at best")

    results.plot.curves("loss", hue="lr", band="seed").write_html(report_dir / "loss.html")
    results.plot.heatmap("loss", x="lr", y="momentum").write_html(report_dir / "heatmap.html")
    print(f"\nfigures: {report_dir}")


if __name__ == "__main__":
    experiment.run()

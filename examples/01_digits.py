"""Which width and learning rate reads handwritten digits best? A sweep of nine small networks.

From the checkout:

    pip install ".[examples]"
    python examples/01_digits.py              # trains all nine, as many at once as there are CPUs
    python examples/01_digits.py --list       # what was run so far
    python examples/01_digits.py --report     # the table and the plot again, without training
"""

import os

# Several runs share the CPUs: one thread for the linear algebra of each, or they would fight for them.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

import pyexp
from pyexp import Config, sweep


@pyexp.experiment(name="digits")
def experiment(config: Config):
    """Train one network. Whatever is returned here is the run's result; what is printed is its log."""
    images, labels = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(images / 16, labels, random_state=config.seed)
    model = MLPClassifier(
        hidden_layer_sizes=(config.model.width,),
        learning_rate_init=config.learning_rate,
        random_state=config.seed,
    )
    curve = []
    for epoch in range(config.epochs):
        model.partial_fit(train_x, train_y, classes=range(10))
        curve.append(model.score(test_x, test_y))
        print(f"epoch {epoch}: accuracy {curve[-1]:.3f}")
    np.save(config.out / "weights.npy", model.coefs_[0])  # config.out is this run's own folder
    return {"accuracy": curve[-1], "curve": curve}


@experiment.configs
def configs():
    base = [{"name": "mlp", "seed": 0, "epochs": 25, "model": {"width": 32}}]
    # Each sweep multiplies what is there: 1 config, then 1 x 3, then 1 x 3 x 3.
    wide = sweep(base, {"model.width": [8, 32, 128]}, axis="width")
    return sweep(wide, {"learning_rate": [0.0003, 0.003, 0.03]})


@experiment.report
def report(results, report_dir):
    # The results have the shape and the axes of the sweep. A failed run would be a nan in the table.
    widths, rates = results.axes["width"], results.axes["learning_rate"]
    accuracy = np.asarray(results.map(lambda r: r.result["accuracy"] if r.ok else np.nan))[0]

    print("\naccuracy on unseen digits\n")
    print(f"{'width':>7} |" + "".join(f"{f'rate {rate:g}':>13}" for rate in rates))
    print("-" * 8 + "+" + "-" * 13 * len(rates))
    for width, row in zip(widths, accuracy, strict=True):
        print(f"{width:>7} |" + "".join(f"{value:>13.1%}" for value in row))

    best = max((r for r in results if r.ok), key=lambda r: r.result["accuracy"])
    print(f"\nbest: {best.name} with {best.result['accuracy']:.1%} in {best.duration:.1f} s")

    figure = Figure(figsize=(10, 3.2), layout="constrained")
    panels = figure.subplots(1, len(rates), sharey=True)
    for panel, rate in zip(panels, rates, strict=True):
        for r in results.sel(learning_rate=rate)[{"status": "passed"}]:
            panel.plot(r.result["curve"], label=f"width {r.config.model.width}")
        panel.set(title=f"learning rate {rate:g}", xlabel="epoch", ylim=(0, 1))
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("accuracy")
    panels[-1].legend(frameon=False)
    figure.savefig(report_dir / "digits.png", dpi=150)
    print(f"plot: {report_dir / 'digits.png'}")


if __name__ == "__main__":
    experiment.run()

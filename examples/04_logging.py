"""Log while training, read the curves back: a small network learns handwritten digits at three learning rates.

    pip install ".[examples]"
    python examples/04_logging.py             # trains, then prints and draws what was logged
    python examples/04_logging.py --viewer    # the same, with live curves in the browser

What a run logs is in its own folder, `out/digits_logged/<timestamp>/<run>/events.pb`, a tenth of a second later.
"""

from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.metrics import ConfusionMatrixDisplay, log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

import pyexp
from pyexp import Config, Logger, sweep


@pyexp.experiment(name="digits_logged")
def experiment(config: Config, logger: Logger):
    """Train one network. The second parameter makes pyexp open a Logger in the run's folder, and close it."""
    images, labels = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(images / 16, labels, random_state=0)
    model = MLPClassifier(hidden_layer_sizes=(32,), learning_rate_init=config.learning_rate, random_state=0)
    for epoch in range(config.epochs):
        model.partial_fit(train_x, train_y, classes=range(10))
        logger.set_global_it(epoch)
        logger.add_scalars(
            {
                "loss/train": model.loss_,
                "loss/test": log_loss(test_y, model.predict_proba(test_x)),
                "accuracy": model.score(test_x, test_y),
            }
        )
        if epoch % 10 == 0 or epoch == config.epochs - 1:
            logger.add_histogram("weights", model.coefs_[0])
            logger.add_figure("confusion", draw_confusion(model, test_x, test_y), interactive=False)
            logger.add_checkpoint("model", model)  # any object that can be pickled, as it is now
    wrong = test_x[model.predict(test_x) != test_y]
    logger.add_text("summary", f"{len(wrong)} of {len(test_x)} digits were read wrongly")
    if len(wrong):
        logger.add_image("a digit read wrongly", wrong[0].reshape(8, 8))
    return {"wrong": len(wrong)}


def draw_confusion(model, x, y):
    """Which digits are taken for which."""
    figure = Figure(figsize=(4, 4), layout="constrained")
    ConfusionMatrixDisplay.from_predictions(y, model.predict(x), ax=figure.subplots(), colorbar=False)
    return figure


@experiment.configs
def configs():
    return sweep([{"name": "mlp", "epochs": 20}], {"learning_rate": [0.001, 0.01, 0.1]})


@experiment.report
def report(results, report_dir):
    figure = Figure(figsize=(5, 3), layout="constrained")
    axes = figure.subplots()
    axes.set(xlabel="epoch", ylabel="loss on unseen digits", yscale="log")
    for r in results:
        if not r.logger:  # a run that failed before it logged anything
            continue
        curve = r.logger.load_scalars_array("loss/test")
        axes.plot(curve.iterations, curve.values, label=f"rate {r.config.learning_rate:g}")
        it, accuracy = r.logger["accuracy"]  # the last value
        _, summary = r.logger["summary"]
        print(f"{r.name}: accuracy {accuracy:.1%} at epoch {it}; {summary}")
    axes.legend(frameon=False)
    figure.savefig(report_dir / "curves.png", dpi=150)

    # Everything that was logged comes back: here the network as it was after ten epochs.
    first = results[0].logger
    print("logged:", *sorted(first.scalar_tags), "| checkpoints at", first.checkpoint_iterations("model"))
    model = first.load_checkpoint("model", iteration=10)
    print(f"after 10 epochs: {model!r}\nplot: {report_dir / 'curves.png'}")


if __name__ == "__main__":
    experiment.run()

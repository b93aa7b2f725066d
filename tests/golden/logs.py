"""The golden runs that log: everything, in many small writes, in two attempts, in both formats."""

from pathlib import Path

from golden.noting import note
from golden.values import Weights
from pyexp import Config, Logger, Status, experiment, sweep


@experiment(stash=False, executor="inline")
def logged(config):
    note(config.out, "executions")
    log = {"ticks": log_ticks, "attempts": log_attempts}.get(config.way, log_everything)
    log(config)


@logged.configs
def logged_configs():
    ways = {
        "protobuf": ("all", True),
        "jsonl": ("all", False),
        "ticks": ("ticks", True),
        "torn": ("ticks", True),
        "attempts": ("attempts", True),
        "jsonl-attempts": ("attempts", False),
        "jsonl-torn": ("ticks", False),
    }
    return [{"name": name, "way": way, "protobuf": protobuf} for name, (way, protobuf) in ways.items()]


def log_everything(config):
    import numpy as np

    with Logger(config.out, use_protobuf=config.protobuf) as logger:
        for step in range(5):
            logger.set_global_it(step)
            logger.add_scalar("train/loss", 1 / (step + 1))
            logger.add_scalars({"odd: ünïcode 🙂": step * step, "strange": [0.0, np.nan, np.inf, -np.inf, -1.5][step]})
        logger.add_text("note", "line one\nümläut 🙂")
        logger.add_text("note", "again")
        logger.add_checkpoint("model/state", {"weights": Weights((1.0, 2.0)), "config": Config(lr=0.1, m={"w": 8})})
        logger.add_checkpoint("grid", sweep([{"name": "g"}], {"lr": [1, 2]}))
        logger.add_checkpoint("states", [Status.PENDING, Path("a/b"), np.arange(2)])
        logger.add_image("image", np.array([[0, 255], [128, 64]], "uint8"))
        logger.add_histogram("histogram", [0, 1, 1, 2], bins=2)
        logger.add_table("table", [{"a": 1, "b": "x"}, {"a": 2.5, "c": None}])
        logger.add_hparams({"lr": 0.1, "layers": [8, 16]}, {"loss": 0.2})
        logger.add_figure("plots/line", make_figure())
        logger.add_figure("plotly", make_plotly(), interactive=False)


def make_figure():
    from matplotlib.figure import Figure

    figure = Figure(figsize=(0.8, 0.6), dpi=50)
    figure.add_axes((0, 0, 1, 1)).plot([1, 3, 2])
    return figure


def make_plotly():
    import plotly.graph_objects as go

    return go.Figure(go.Scatter(y=[1, 2]), layout={"template": "none"})


def log_ticks(config):
    """Write each point by itself, as a slow run does."""
    with Logger(config.out, use_protobuf=config.protobuf) as logger:
        for step in range(40):
            logger.set_global_it(step)
            logger.add_scalar("tick", step / 4)
            if step % 2:
                logger.add_scalar("odd", -step)
            if step % 10 == 0:
                logger.add_text("phase", f"at {step}")
            logger.flush()


def log_attempts(config):
    """Log twice into one folder: the second attempt hides what the first logged from 4 on."""
    for begin in (0, 4):
        with Logger(config.out, use_protobuf=config.protobuf) as logger:
            for step in range(begin, begin + 6):
                logger.set_global_it(step)
                logger.add_scalar("loss", step + begin / 10)
            logger.add_text("end", f"attempt from {begin}")

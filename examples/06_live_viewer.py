"""A sweep of concurrent runs, watched in the browser while it goes.

    python examples/06_live_viewer.py --viewer

prints an address to open before the first run starts: curves grow, new runs appear by themselves, the last run fails.
Group the curves by `momentum` to see the mean and deviation over the learning rates; turn the loss surface in the
Figures tab. The viewer serves on until Ctrl-C; without `--viewer` the same sweep just runs.
"""

import math
import time

from pyexp import Config, Logger, experiment, sweep

STEPS = 200
PAUSE_S = 0.03  # stands for the work of a real training step


def loss_at(x, y):
    """A long curved valley (Rosenbrock's), which plain gradient descent follows slowly; for numbers and for arrays."""
    return (1 - x) ** 2 + 5 * (y - x * x) ** 2


def gradient_at(x: float, y: float) -> tuple[float, float]:
    """The slope of `loss_at`."""
    return -2 * (1 - x) - 20 * x * (y - x * x), 10 * (y - x * x)


def draw_path(path: list[tuple[float, float]]):
    """The surface with the way that was gone, to be turned in the viewer; None without matplotlib and NumPy."""
    try:
        import numpy as np
        from matplotlib.figure import Figure
    except ImportError:
        return None
    figure = Figure(figsize=(5, 4), layout="tight")
    axes = figure.add_subplot(projection="3d", computed_zorder=False)
    x, y = np.meshgrid(np.linspace(-1.6, 1.6, 40), np.linspace(-0.8, 2, 40))
    axes.plot_surface(x, y, np.log10(loss_at(x, y) + 0.1), cmap="viridis", alpha=0.9, linewidth=0)
    xs, ys = zip(*path, strict=True)
    axes.plot(xs, ys, [math.log10(loss_at(*place) + 0.1) for place in path], color="crimson", zorder=5)
    axes.set(xlabel="x", ylabel="y", zlabel="log loss")
    return figure


@experiment(name="valley", jobs=3)
def valley(config: Config, logger: Logger):
    x, y = -1.2, 1.4
    velocity = (0.0, 0.0)
    path = [(x, y)]
    for step in range(STEPS):
        logger.set_global_it(step)
        slope = gradient_at(x, y)
        velocity = tuple(config.momentum * v - config.lr * s for v, s in zip(velocity, slope, strict=True))
        x, y = x + velocity[0], y + velocity[1]
        path.append((x, y))
        loss = loss_at(x, y)
        if loss > 100:
            raise ArithmeticError(f"diverged at step {step}: loss {loss:.3g}")
        logger.add_scalar("train/loss", loss)
        logger.add_scalar("train/gradient_norm", math.hypot(*slope))
        logger.add_scalar("train/distance", math.hypot(1 - x, 1 - y))
        logger.add_scalar("path/x", x)
        logger.add_scalar("path/y", y)
        logger.add_scalar("path/speed", math.hypot(*velocity))
        if step % 50 == 49:
            print(f"step {step + 1:4d}  loss {loss:.5f}", flush=True)
            logger.add_text("notes", f"After {step + 1} steps at ({x:.3f}, {y:.3f}), loss {loss:.5f}.")
            figure = draw_path(path)
            if figure is not None:
                logger.add_figure("path", figure)
        time.sleep(PAUSE_S)
    return {"loss": loss}


@valley.configs
def configs():
    rates = [0.002, 0.005, 0.01]
    return [
        *sweep(sweep([{}], {"lr": rates}), {"momentum": [0.0, 0.9]}),
        {"name": "too-fast", "lr": 0.2, "momentum": 0.0},
    ]


@valley.report
def report(results):
    passed = [result for result in results if result.ok]
    best = min(passed, key=lambda result: result.result["loss"])
    print(f"best of {len(passed)}: {best.name} with loss {best.result['loss']:.5f}")


if __name__ == "__main__":
    valley.run()

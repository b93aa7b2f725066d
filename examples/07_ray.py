"""The same experiment on a laptop and on a cluster: only the executor changes.

    pip install ".[ray]"
    python examples/07_ray.py -j 2                                  # two runs at once, in subprocesses
    python examples/07_ray.py --executor ray                        # a Ray that is started for the batch, and ended
    python examples/07_ray.py --executor ray:auto                   # on the head of a cluster
    python examples/07_ray.py --executor ray://head.example:10001   # from elsewhere

Wherever a run executes, its result, its log and what it saves arrive in ``examples/out/pi/`` here, while it goes on.
"""

import random
import socket

import pyexp
from pyexp import Config, Logger


@pyexp.experiment(name="pi")
def experiment(config: Config, logger: Logger):
    """Estimate π from random points; each run has a seed of its own."""
    points = random.Random(config.seed)
    inside = 0
    for step in range(1, config.steps + 1):
        for _ in range(config.points_per_step):
            inside += points.random() ** 2 + points.random() ** 2 < 1
        logger.set_global_it(step)
        logger.add_scalar("estimate", 4 * inside / (step * config.points_per_step))
    print(f"seed {config.seed} was worked out on {socket.gethostname()}")
    (config.out / "inside.txt").write_text(f"{inside}\n")
    return {"inside": inside, "points": config.steps * config.points_per_step}


@experiment.configs
def configs():
    base = {"name": "pi", "steps": 10, "points_per_step": 5_000}
    return pyexp.sweep([base], {"seed": [1, 2, 3, 4]})


@experiment.report
def report(results, report_dir):
    done = [r.result for r in results if r.ok]
    estimate = 4 * sum(r["inside"] for r in done) / sum(r["points"] for r in done)
    (report_dir / "pi.txt").write_text(f"{estimate}\n")
    print(f"π is about {estimate:.4f}, from {len(done)} runs")


if __name__ == "__main__":
    experiment.run()

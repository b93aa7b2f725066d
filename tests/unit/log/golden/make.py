"""Write a golden file of the current format, once: `python tests/unit/log/golden/make.py NAME`.

A golden file is never written again: a later version must read what this one wrote. `format-1` was written by the
first version, `format-1-paced` by the last one without numbered records and merged blocks, `format-1-merged` by the
first with them.
"""

import sys
from pathlib import Path

import numpy as np
import plotly.graph_objects as go

from pyexp.log import Logger

HERE = Path(__file__).parent


def write(folder):
    for begin in (0, 6):  # two attempts; the second hides what the first wrote from 6 on
        with Logger(folder) as logger:
            for it in range(begin, 8 + begin):
                logger.set_global_it(it)
                logger.add_scalar("loss", 1 / (it + 1 + begin))
                logger.add_scalar("group/ünïcode 🙂", float("nan") if it == 3 else -it)
                logger.add_scalar("uneven", it * it)
                if it % 3 == 0:
                    logger.set_global_it(it * it)
                    logger.add_scalar("no stride", it)
                    logger.flush()
            logger.set_global_it(begin)
            logger.add_text("note", f"begun at {begin}\nümläut")
            logger.add_checkpoint("model", {"weights": [1.5, 2.5], "begin": begin})
            logger.add_image("image", np.full((2, 3), begin, "uint8"))
            logger.add_histogram("histogram", [0, 1, 1, 2], bins=2)
            logger.add_table("table", [{"a": 1, "b": "x"}])
            logger.add_figure("plotly", go.Figure(go.Scatter(y=[1, 2])), interactive=False)
            logger.add_hparams({"lr": 0.1}, {"loss": 0.5})


def write_paced(folder):
    """Write a block per step, and now and then something else."""
    for begin in (0, 400):  # the second attempt hides what the first wrote from 400 on
        with Logger(folder) as logger:
            for it in range(begin, begin + 450):
                logger.log({"loss": 1 / (it + 1 + begin), "accuracy": it}, step=it)
                if it % 7 == 0:
                    logger.log({"now and then": -it}, step=it * it)
                if it % 100 == 0:
                    logger.add_text("note", f"at {it}", step=it)
                logger.flush()


if __name__ == "__main__":
    name = sys.argv[1]
    target = HERE / f"{name}.pb"
    if target.exists():
        sys.exit(f"{target} exists: golden files are never written again; name a new one")
    (write if name == "format-1" else write_paced)(HERE / "run")
    (HERE / "run" / "events.pb").rename(target)
    (HERE / "run" / ".pyexp").unlink()
    (HERE / "run").rmdir()

"""Makes runs on disk as an experiment does: batches with configs and states, and logs."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pyexp.log import Logger
from pyexp.store.batch import Batch
from pyexp.store.index import Index, RunRecord
from pyexp.store.status import save_status
from pyexp.sweeps.identity import prepare_configs
from pyexp.task import RunState, Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STARTED = 1_700_000_000.0


class Record:
    """A batch on disk, whose runs take the states that they are given."""

    def __init__(self, root: Path, configs: list[dict[str, Any]], experiment: str = "mnist") -> None:
        folder = root / experiment
        folder.mkdir(exist_ok=True)
        self.batch, self.claim = Batch.create(folder, prepare_configs(configs), {})
        self.batch.unmade.finish()
        self.names = [config["name"] for config in configs]
        self.paths = [self.batch.run(name) for name in self.batch.folders]

    def close(self) -> None:
        self.claim.release()

    def set(self, position: int, status: Status, *, error: str | None = None) -> None:
        finished = None if status in {Status.RUNNING, Status.PENDING} else STARTED + 10 * (position + 1)
        state = RunState(status=status, started=STARTED, finished=finished, attempts=1, error=error)
        save_status(self.paths[position].status, state)
        if status is Status.PASSED:
            self.paths[position].result.write_bytes(b"never opened by the viewer")
        record = RunRecord(
            folder=self.batch.folders[position],
            name=self.names[position],
            status=status,
            started=STARTED,
            finished=finished,
            attempts=1,
            error=error.partition("\n")[0] if error else None,
        )
        index = Index(self.batch.paths.index)
        index.append(record)
        index.close()

    def logger(self, position: int) -> Logger:
        return Logger(self.paths[position].root)


@contextmanager
def record(root: Path, configs: list[dict[str, Any]], experiment: str = "mnist") -> Iterator[Record]:
    made = Record(root, configs, experiment)
    try:
        yield made
    finally:
        made.close()


def log_curves(logger: Logger, count: int, *, rate: float = 1.0, start: int = 0) -> None:
    """A falling `train/loss` with a spike at 777, a rising `train/accuracy`, a flat `lr`."""
    for step in range(start, start + count):
        logger.set_global_it(step)
        loss = math.exp(-rate * step / 1000) + 0.05 * math.sin(step)
        logger.add_scalar("train/loss", 9.0 if step == 777 else loss + 0.2)
        logger.add_scalar("train/accuracy", 1 - math.exp(-rate * step / 1000))
        logger.add_scalar("lr", 0.1)


def standard(root: Path, *, count: int = 3000) -> None:
    """One finished batch of three runs with curves; two of them share a learning rate."""
    configs = [
        {"name": "slow", "lr": 0.01, "seed": 1, "depth": 2},
        {"name": "fast", "lr": 0.1, "seed": 1, "depth": 2},
        {"name": "fast-again", "lr": 0.1, "seed": 2, "depth": 2},
    ]
    with record(root, configs) as batch:
        for position, config in enumerate(configs):
            with batch.logger(position) as logger:
                log_curves(logger, count, rate=1 + 10 * config["lr"])
            batch.set(position, Status.PASSED)


def bias(root: Path) -> None:
    """24 runs over lr, width and seed, whose accuracy is their width: grouped by lr it is 15 ± 5 of eight, three times."""
    shape = [(lr, width, seed) for lr in (1, 2, 3) for width in (10, 20) for seed in range(4)]
    configs = [
        {"name": f"r{k:02}", "lr": lr, "width": width, "seed": seed} for k, (lr, width, seed) in enumerate(shape)
    ]
    with record(root, configs, "bias") as batch:
        for position, config in enumerate(configs):
            with batch.logger(position) as logger:
                for step in range(100):
                    logger.set_global_it(step)
                    logger.add_scalar("accuracy", config["width"])
            batch.set(position, Status.PASSED)


def sweep24_value(lr: float, width: int, seed: int, step: int) -> float:
    """The `val/loss` of a run of `sweep24`."""
    return math.exp(-lr * step / 3) + width / 1000 + 0.01 * math.sin(step + 7 * seed)


def sweep24(root: Path, *, is_live: bool = False) -> None:
    """24 runs over lr, width and seed with 12 tags: two fail at step 20 of 40, one turns nan; live, none has ended yet."""
    shape = [(lr, width, seed) for lr in (0.1, 0.3, 1.0) for width in (32, 64) for seed in range(4)]
    configs = [
        {"name": f"lr={lr},w={width},s={seed}", "lr": lr, "width": width, "seed": seed} for lr, width, seed in shape
    ]
    batch = Record(root, configs, "sweep")
    for position, (lr, width, seed) in enumerate(shape):
        is_failing, is_nan = position in (5, 14), position == 23
        with batch.logger(position) as logger:
            logger.add_text("note", f"run {position}")
            logger.add_table("errors", {"class": ["cat", "dog"], "count": [position, seed]})
            for step in range(20 if is_failing else 40):
                logger.set_global_it(step)
                value = sweep24_value(lr, width, seed, step)
                logger.add_scalar("val/loss", math.nan if is_nan and step >= 30 else value)
                for tag in ("train/loss", "train/accuracy", "train/grad", "val/accuracy", "val/f1", "val/recall"):
                    logger.add_scalar(tag, 1 - value / 2)
                for tag in ("sys/cpu", "sys/memory", "sys/gpu", "sys/disk", "lr"):
                    logger.add_scalar(tag, lr * step)
                if step % 20 == 0:
                    logger.add_histogram("weights", [value, value + 1, value + 2])
        status = Status.RUNNING if is_live else Status.FAILED if is_failing else Status.PASSED
        batch.set(position, status, error="ValueError: the loss exploded" if status is Status.FAILED else None)
    if not is_live:
        batch.close()

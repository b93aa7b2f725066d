"""The golden runs with checkpoints, of the function API and of the class API, one step within the other."""

from pathlib import Path

import pyexp
from golden.noting import is_made, note
from golden.values import Weights
from pyexp import Config, Experiment, Status, Tensor, chkpt, experiment, sweep


@experiment(stash=False, executor="inline")
def staged(config):
    note(config.out, "executions")
    total = sum(outer(config, factor) for factor in (1, 2))
    if is_made() and config.fails:
        raise RuntimeError("after the checkpoints")
    return {"total": total, "kinds": kinds(config)}


@staged.configs
def staged_configs():
    return [{"name": "passed", "x": 2, "fails": False}, {"name": "failed", "x": 3, "fails": True}]


@staged.chkpt
def outer(config, factor):
    note(config.out, "steps", f"outer {factor}\n")
    return inner(config, factor) + inner(config, 10 * factor)


@staged.chkpt(retry=2)
def inner(config, factor):
    note(config.out, "steps", f"inner {factor}\n")
    return config.x * factor


@staged.chkpt
def kinds(config):
    note(config.out, "steps", "kinds\n")
    return [Config(a={"b": 1}), Tensor([Config(n=1)], (1, 1), {"u": [0], "v": ["w"]}), Status.RUNNING, Weights((1.0,))]


class Training(Experiment):
    def experiment(self):
        note(self.out, "executions")
        self.prepare()
        self.score = self.evaluate(0) + self.evaluate(1)
        if is_made() and self.cfg.fails:
            raise RuntimeError("after the checkpoints")
        self.state = Status.PASSED

    @chkpt(retry=2)
    def prepare(self):
        note(self.out, "steps", "prepare\n")
        self.logger.add_scalar("prepared", 1)
        self.weights = Weights((self.cfg.lr, 2.0))
        self.settings = Config(model={"width": 8})
        self.grid = sweep([{"name": "g"}], {"lr": [1, 2]})
        self.source = self.read()

    @chkpt
    def read(self):
        note(self.out, "steps", "read\n")
        self.data = {(1, 2), (3, 4)}
        return Path("data/train.csv")

    @chkpt
    def evaluate(self, fold):
        note(self.out, "steps", f"evaluate {fold}\n")
        return fold + self.cfg.lr

    @staticmethod
    def configs():
        return [{"name": "passed", "lr": 0.5, "fails": False}, {"name": "failed", "lr": 0.25, "fails": True}]

    @staticmethod
    def report(results, out):
        return [(run.name, run.status, getattr(run, "score", None) if run.ok else None) for run in results]


training = pyexp.ExperimentRunner(Training, stash=False, executor="inline")


class Streaming(Experiment):
    async def experiment(self):
        import asyncio

        note(self.out, "executions")
        await asyncio.sleep(0)
        self.seen = [self.cfg.x]
        return {"x": self.cfg.x}

    @staticmethod
    def configs():
        return [{"name": "stream", "x": 7}]


streaming = pyexp.ExperimentRunner(Streaming, stash=False, executor="inline")

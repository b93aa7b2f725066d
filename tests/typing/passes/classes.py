"""The class API: the items of the results are instances of the class; a call gives one."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import Any, assert_type

from pyexp import Config, Experiment, ExperimentRunner, Results, Tensor, chkpt


class Training(Experiment):
    def experiment(self) -> None:
        self.train(epochs=3)
        self.accuracy = self.evaluate()
        self.logger.add_scalar("accuracy", self.accuracy)
        self.logger.add_text("name", f"{self.name}: {self.cfg.lr} in {self.out}")

    @chkpt(retry=3)
    def train(self, epochs: int) -> None:
        self.weights = [float(self.cfg.lr)] * epochs

    @chkpt
    def evaluate(self) -> float:
        return 1 - sum(self.weights)

    @staticmethod
    def configs() -> list[dict[str, Any]]:
        return [{"name": "exp", "lr": 0.01}]

    @staticmethod
    def report(results: Tensor[Training]) -> float:
        for run in results:
            if run.ok and run.logger:
                print(run.name, run.accuracy, run.logger.load_scalars("accuracy"), run.error, run.duration)
        return max(run.accuracy for run in results)


class Asking(Experiment):
    async def experiment(self) -> str:
        self.result = 3
        return "asked"

    @staticmethod
    def configs() -> Tensor[Config]:
        return Tensor([Config(name="a")])

    @staticmethod
    def report(results: Tensor[Asking], out: Path) -> None:
        (out / "names").write_text(" ".join(run.name for run in results))


class Anything(Experiment):
    def experiment(self) -> Any:
        return 3


class AnythingLater(Experiment):
    async def experiment(self) -> Any:
        return 3


class Longer(Training):
    epochs: int = 9


class Returning(Experiment):
    def experiment(self) -> dict[str, int]:
        return {"x": 1}


async def kinds() -> None:
    assert_type(ExperimentRunner(Anything)({}), Anything)
    assert_type(await ExperimentRunner(AnythingLater)({}), AnythingLater)
    assert_type(ExperimentRunner(Longer, jobs=1)({}).epochs, int)
    assert_type(ExperimentRunner(Returning).results()[0], Returning)


async def use() -> None:
    runner = ExperimentRunner(Training, executor="inline", retries=2)
    assert_type(runner, ExperimentRunner[[Config], Training, Training])
    assert_type(runner({"lr": 0.1}), Training)
    assert_type(runner(Config(lr=0.1)).accuracy, float)
    assert_type(runner.results(), Results[Training])
    async for run in runner.astream(jobs=2):
        assert_type(run, Training)
    waiting = ExperimentRunner(Asking)
    assert_type(waiting, ExperimentRunner[[Config], Coroutine[Any, Any, Asking], Asking])
    assert_type(await waiting({"name": "a"}), Asking)
    assert_type(waiting.results()[0].name, str)
    await waiting.arun(report=Asking.report)

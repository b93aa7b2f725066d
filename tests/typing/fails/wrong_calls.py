"""Calls that do not fit the decorated function, or what it returns."""

from __future__ import annotations

from pathlib import Path

from pyexp import Config, Experiment, ExperimentRunner, Logger, Tensor, chkpt, experiment


@experiment
def scaled(config: Config, scale: int = 2) -> dict[str, float]:
    return {"x": config.x * scale}


@experiment(name="waiting")
async def waiting(config: Config, logger: Logger) -> dict[str, float]:
    return {"x": config.x}


class Training(Experiment):
    def experiment(self) -> None:
        self.accuracy = self.train(epochs=3)
        self.train("three")  # error: arg-type, reportArgumentType
        self.logger.add_skalar("x", 1)  # error: union-attr, reportAttributeAccessIssue

    @chkpt(retry=2)
    def train(self, epochs: int) -> float:
        return 1 / epochs

    @chkpt(retries=2)  # error: call-overload, reportCallIssue
    def evaluate(self) -> None: ...


class Asking(Experiment):
    async def experiment(self) -> None: ...


async def calls(logger: Logger) -> None:
    scaled("x")  # error: call-overload, reportArgumentType
    scaled({"x": 1}, "2")  # error: call-overload, reportArgumentType
    scaled({"x": 1}, skale=2)  # error: call-overload, reportCallIssue
    scaled()  # error: call-overload, reportCallIssue
    scaled({"x": 1})["x"].upper()  # error: attr-defined, reportAttributeAccessIssue
    waiting({"x": 1}, logger)["x"]  # error: index, reportIndexIssue
    waiting({"x": 1})  # error: call-overload, reportCallIssue
    ExperimentRunner(Training)(3)  # error: call-overload, reportArgumentType
    print(ExperimentRunner(Training)({"x": 1}).accurcy)  # error: attr-defined, reportAttributeAccessIssue
    print(ExperimentRunner(Asking)({"x": 1}).name)  # error: attr-defined, reportAttributeAccessIssue
    scaled.arun()["x"]  # error: index, reportIndexIssue
    for result in scaled.astream():  # error: attr-defined, reportGeneralTypeIssues
        del result


@scaled.configs  # error: type-var, reportArgumentType
def configs(width: int) -> list[dict[str, int]]:
    return [{"width": width}]


@scaled.configs  # error: type-var, reportArgumentType
def numbers() -> list[int]:
    return [1]


@waiting.chkpt
def load(path: Path) -> bytes:
    return path.read_bytes()


load("a file")  # error: arg-type, reportArgumentType
scaled.run(configs=[1, 2])  # error: list-item, reportArgumentType
scaled.run(configs=configs)  # error: arg-type, reportArgumentType


def report(results: Tensor[Training]) -> float:
    return max(run.accuracy for run in results)


scaled.run(report=report)  # error: arg-type, reportArgumentType
ExperimentRunner(Training).run(report=report).upper()  # error: union-attr, reportAttributeAccessIssue

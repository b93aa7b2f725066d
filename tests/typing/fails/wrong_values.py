"""Arguments of the wrong type for configs, tensors, logs and executors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyexp import Executor, Failed, Logger, LogReader, Outcome, Tensor, build, get_executor, load_config, merge, sweep


class Forgetful(Executor):
    def run(self, fn: Any, config: Any) -> Any:  # error: override, reportIncompatibleMethodOverride
        return fn(config)


class Blocking(Executor):
    def execute(self, task: Any) -> Outcome:  # error: override, reportIncompatibleMethodOverride
        return Failed(error="no")


class Wrong(Executor):
    async def execute(self, task: Any) -> str:  # error: override, reportIncompatibleMethodOverride
        return "passed"


sweep([{"x": 1}], 3)  # error: arg-type, reportArgumentType
sweep(["x"], {"x": [1]})  # error: list-item, reportArgumentType
sweep([{}], {"x": [1]}, axis=0)  # error: arg-type, reportArgumentType
merge([1], {"x": 1})  # error: arg-type, reportArgumentType
load_config(3)  # error: arg-type, reportArgumentType
build("Model", {})  # error: arg-type, reportArgumentType
get_executor(Forgetful)  # error: arg-type, reportArgumentType
Failed("no")  # error: call-arg, reportCallIssue
Tensor(3)  # error: arg-type, reportArgumentType
Tensor([1])[1.5]  # error: call-overload, reportCallIssue
Tensor([1]).map(lambda item: item.name)  # error: attr-defined, reportAttributeAccessIssue


def log(logger: Logger, folder: Path) -> None:
    logger.add_scalar("loss", "0.5")  # error: arg-type, reportArgumentType
    logger.add_scalar(0.5, "loss")  # error: arg-type, reportArgumentType
    logger.add_scalars({"loss": "0.5"})  # error: dict-item, reportArgumentType
    logger.add_text("note", 3)  # error: arg-type, reportArgumentType
    logger.set_global_it("3")  # error: arg-type, reportArgumentType
    Logger(3)  # error: arg-type, reportArgumentType
    Logger(folder, protobuf=False)  # error: call-arg, reportCallIssue
    LogReader(folder).load_checkpoint("model")  # error: call-arg, reportCallIssue
    LogReader(folder).read_part("model")  # error: arg-type, reportArgumentType
    logger.aflush().upper()  # error: attr-defined, reportAttributeAccessIssue

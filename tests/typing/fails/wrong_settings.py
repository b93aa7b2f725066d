"""Settings that do not exist, that belong elsewhere, or that have the wrong type."""

from __future__ import annotations

from pyexp import Config, Experiment, ExperimentRunner, experiment


@experiment(retires=1)  # error: call-overload, reportCallIssue
def misspelt(config: Config) -> int:
    return int(config.x)


@experiment(retries="1")  # error: call-overload, reportArgumentType
def text(config: Config) -> int:
    return int(config.x)


@experiment(filter="a")  # error: call-overload, reportCallIssue
def of_one_start(config: Config) -> int:
    return int(config.x)


@experiment(capture="yes")  # error: call-overload, reportArgumentType
def capturing(config: Config) -> int:
    return int(config.x)


@experiment
def good(config: Config) -> int:
    return int(config.x)


class Training(Experiment):
    def experiment(self) -> None: ...


async def starts() -> None:
    good.run(jbos=2)  # error: call-arg, reportCallIssue
    good.run(jobs=0.5)  # error: arg-type, reportArgumentType
    good.run(timeout="1 min")  # error: arg-type, reportArgumentType
    good.run(executor=Training)  # error: arg-type, reportArgumentType
    good.run(continue_run=1)  # error: arg-type, reportArgumentType
    good.run(argv="--list")  # error: arg-type, reportArgumentType
    await good.arun(viewer="yes")  # error: arg-type, reportArgumentType
    async for _ in good.astream(strickt=True):  # error: call-arg, reportCallIssue
        pass
    async for _ in good.astream(report=print):  # error: call-arg, reportCallIssue
        pass
    good.results(timestamp=3)  # error: arg-type, reportArgumentType
    ExperimentRunner(Training, retires=1)  # error: call-overload, reportCallIssue
    ExperimentRunner(Training, dry_run=True)  # error: call-overload, reportCallIssue
    ExperimentRunner(good, gpus=None)  # error: call-overload, reportArgumentType

"""What running gives: what a report returned, results one by one, results in the shape of the sweep."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import assert_type

from pyexp import Config, LogReader, Result, Results, Tensor, experiment, sweep


@experiment(executor="inline")
def squares(config: Config) -> int:
    return int(config.x) ** 2


@squares.configs
def configs() -> Tensor[Config]:
    return sweep([{"name": "square"}], {"x": [1, 2, 3]})


@squares.report
def report(results: Tensor[Result], report_dir: Path) -> None:
    print(results.shape, report_dir.name)


def best(results: Sequence[Result]) -> Result:
    return max(results, key=lambda r: r.result)


async def total(results: Tensor[Result], report_dir: Path) -> int:
    return len(results) + len(report_dir.parts)


def blocking() -> None:
    print(squares.run().shape)
    print(squares.run(report=best).name.upper())
    print(squares.run(report=total) + 1, squares.run(report=print))
    names = squares.run(report=lambda results: [r.name for r in results], argv=["-j", "2"])
    print(", ".join(names))
    squares.run(configs=[{"name": "a"}, Config(x=1)])
    squares.run(configs={"x": 1})
    squares.run(configs=lambda: ({"x": x} for x in range(3)))
    squares.run(configs=configs, report=report)


async def in_a_loop() -> None:
    found = await squares.arun(report=best, jobs=2, argv=[])
    print(found.name)
    async for result in squares.astream(configs=configs):
        assert_type(result, Result)
        if result.result > 2:
            break
    stream = squares.astream()
    await stream.aclose()


def afterwards(folder: Path) -> None:
    results = squares.results("latest", output_dir=folder, name="squares")
    assert_type(results, Results[Result])
    assert_type(results.best("accuracy"), Result)
    for r in results:
        assert_type(r.error, str | None)
        assert_type(r.logger, LogReader | None)
        print(r.name, r.status == "passed", r.config.x, r.cfg.x, r.out / "x", r.started, r.attempts)

"""Names that there are none of."""

from __future__ import annotations

import pyexp
import pyexp.log
from pyexp import Logger, LogReader, Result, Tensor, experimet  # error: attr-defined, reportAttributeAccessIssue
from pyexp.log import find_run  # error: attr-defined, reportAttributeAccessIssue
from pyexp.viewer import start  # error: attr-defined, reportAttributeAccessIssue

pyexp.nothing  # error: attr-defined, reportAttributeAccessIssue
pyexp.log.nothing  # error: attr-defined, reportAttributeAccessIssue
pyexp.viewer.nothing  # error: attr-defined, reportAttributeAccessIssue


@pyexp.experiment
def squares(config: pyexp.Config) -> int:
    return int(config.x) ** 2


for r in squares.results():
    print(r.reslut)  # error: attr-defined, reportAttributeAccessIssue


async def stream() -> None:
    async for r in squares.astream():
        print(r.staus)  # error: attr-defined, reportAttributeAccessIssue


def misspelt(results: Tensor[Result], logger: Logger, reader: LogReader) -> None:
    print(results.shpae)  # error: attr-defined, reportAttributeAccessIssue
    print(results[0].nmae)  # error: attr-defined, reportAttributeAccessIssue
    print(results[1:][0].nmae)  # error: attr-defined, reportAttributeAccessIssue
    logger.add_scaler("loss", 1)  # error: attr-defined, reportAttributeAccessIssue
    reader.load_scalar("loss")  # error: attr-defined, reportAttributeAccessIssue
    squares.reports  # error: attr-defined, reportAttributeAccessIssue
    results[0].logger.scalar_tags  # error: union-attr, reportOptionalMemberAccess
    results[0].status = "passed"  # error: misc, reportAttributeAccessIssue

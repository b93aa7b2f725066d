"""The last phase: the results are loaded from disk and handed to the user's report, or shown as a table."""

from __future__ import annotations

import inspect
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

from pyexp.definition.class_body import ClassBody
from pyexp.errors import ExperimentsFailedError, OutputError
from pyexp.results.load import load_results
from pyexp.runner.program.declared import declared
from pyexp.task import Status
from pyexp.terminal.printing import print_lines

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from pathlib import Path

    from pyexp.definition.declaration import Declaration
    from pyexp.results.result import Result
    from pyexp.store.batch import Batch
    from pyexp.tensor.tensor import Tensor

_WIDEST_RESULT = 60


def make_report(declaration: Declaration, batch: Batch, *, is_quiet: bool = False, has_errors: bool = True) -> Any:
    """Call the report with the results of *batch*; without one, print a table unless *is_quiet*.

    Without *has_errors* the table leaves errors out: they have been shown already.

    Returns:
        What the report returned (an awaitable if it is asynchronous), else the results.
    """
    results = load_results(batch, declaration.make_item)
    if declaration.report is None:
        if not is_quiet:
            heading = [f"{declaration.own_name} {batch.paths.timestamp}"] if declared.are_several(declaration) else []
            is_class = isinstance(declaration.body, ClassBody)
            print_lines([*heading, *table_lines(load_results(batch), is_class=is_class, has_errors=has_errors)])
        return results
    try:
        value = _call(declaration.report, results, batch.paths.report)
    except Exception as error:  # the user's report may raise anything: what may be the reason is said with it
        _note_missing(error, batch)
        raise
    return _noting(value, batch) if hasattr(value, "__await__") else value


async def _noting(value: Awaitable[Any], batch: Batch) -> Any:
    try:
        return await value
    except Exception as error:  # as above
        _note_missing(error, batch)
        raise


def _note_missing(error: Exception, batch: Batch) -> None:
    """Add to *error* how many runs have no result, which a report may not expect."""
    counts = Counter(record.status for record in batch.records())
    missing = counts.total() - counts[Status.PASSED]
    if missing:
        states = ", ".join(f"{counts[status]} {status}" for status in Status if status.is_open and counts[status])
        error.add_note(
            f"{missing} of {counts.total()} runs have no result ({states}): result.ok says which, result.error why"
        )


def require_all_passed(batch: Batch) -> None:
    """Raise unless every run of *batch* passed.

    Raises:
        ExperimentsFailedError: Some did not; the message counts them.
    """
    counts = Counter(record.status for record in batch.records())
    if counts[Status.PASSED] != counts.total():
        others = ", ".join(f"{counts[status]} {status.value}" for status in Status if counts[status])
        raise ExperimentsFailedError(f"not every run of {batch.paths.timestamp} passed: {others}")


def table_lines(results: Iterable[Result], *, is_class: bool = False, has_errors: bool = True) -> list[str]:
    """Return name, status, duration and result or error of each run, in columns; no result is kept.

    With *is_class*, a result is the dict of an instance's attributes, of which ``result`` is shown if there is one.
    Without *has_errors*, errors are left out.
    """
    rows = [("name", "status", "duration", "result")]
    for item in results:
        duration = "" if item.duration is None else f"{item.duration:.2f} s"
        error = (item.error or "").split("\n", 1)[0] if has_errors else ""
        shown = _shown_result(item, is_class=is_class) if item.ok else error
        rows.append((item.name, item.status, duration, _shortened(shown)))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        f"{name:<{widths[0]}}  {status:<{widths[1]}}  {duration:>{widths[2]}}  {shown}".rstrip()
        for name, status, duration, shown in rows
    ]


def _shown_result(item: Result, *, is_class: bool) -> str:
    value = item.summary
    if value is None:
        value = item.read_result()
    return repr(value["result"] if is_class and isinstance(value, dict) and "result" in value else value)


def _call(report: Callable[..., Any], results: Tensor[Any], folder: Path) -> Any:
    if not _takes_folder(report):
        return report(results)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot make the report's folder {os.fspath(folder)!r}: {error.strerror}; the results are kept: "
            f"fix this, then rerun with --report"
        ) from error
    return report(results, folder)


def _takes_folder(report: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(report).parameters.values()
    except (TypeError, ValueError):  # a built-in, such as print
        return False
    kinds = [parameter.kind for parameter in parameters]
    positional = sum(
        kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD) for kind in kinds
    )
    return positional > 1 or inspect.Parameter.VAR_POSITIONAL in kinds


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDEST_RESULT else f"{line[: _WIDEST_RESULT - 1]}…"

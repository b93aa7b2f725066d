"""What was measured in each run: numbers of its result, or of its log. Owns how a key finds them.

One result is in memory at a time, however many runs there are.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from pyexp.config.suggestion import nearest
from pyexp.config.values import from_numpy_scalar
from pyexp.errors import DamagedFileError, SelectionError
from pyexp.tensor import select
from pyexp.tensor.absent import HOLE
from pyexp.tensor.frames import is_number, result_of, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyexp.log.reader import LogReader
    from pyexp.tensor.tensor import Tensor

Key: TypeAlias = str | Callable[[Any], Any]
By: TypeAlias = Literal["last", "min", "max"]

NOTHING = float("nan")
_PASSED = "passed"
_PREFIXES = ("config", "cfg", "result")


@dataclass(frozen=True, slots=True)
class TagSummary:
    """The values of one tag of a run; nan ones count only where there are no others."""

    last: float
    min: float
    max: float


def measure(results: Tensor[Any], key: Key, by: By = "last") -> list[float]:
    """Return a number for each place of *results*: nan at holes, for runs that did not pass, and where there is none.

    Args:
        results: The results.
        key: A key as in queries, of the result first; a tag of the log where no result has such a key; or a function.
        by: Which value of a tag counts.

    Raises:
        SelectionError: Neither results nor logs have *key*, or what it holds are not numbers.
    """
    if by not in get_args(By):
        raise SelectionError(f"by is {by!r}: a tag counts by its 'last', 'min' or 'max' value")
    found = [_own(item, key) for item in _passed(results)]
    if isinstance(key, str) and all(value is select.MISSING for value in found):
        found = _tag_values(results, key, by)
    numbers = [_number(value) for value in found]
    strange = [value for value in found if value is not None and value is not select.MISSING]
    if strange and all(math.isnan(number) for number in numbers) and not any(map(is_number, strange)):
        raise SelectionError(f"{key!r} holds {strange[0]!r:.80} ({type(strange[0]).__name__}), not a number")
    return _in_places(results, numbers)


def measure_all(results: Tensor[Any]) -> dict[str, list[float]]:
    """Return what `measure` returns for every key under which a result has a number.

    Raises:
        SelectionError: No result has one.
    """
    rows = [numbers_of(result_of(item)) for item in _passed(results)]
    keys = dict.fromkeys(key for row in rows for key in row)
    if not keys:
        raise SelectionError("no result holds a number: name a logged tag, or give a function of the result")
    return {key: _in_places(results, [row.get(key, NOTHING) for row in rows]) for key in keys}


def numbers_of(result: Any) -> dict[str, float]:
    """Return the numbers in a result by their dotted keys; one that is a number itself has the key ``result``.

    Example:
        >>> numbers_of({"val": {"acc": 1}, "note": "x"}), numbers_of(0.5)
        ({'val.acc': 1.0}, {'result': 0.5})
    """
    if not isinstance(result, Mapping):
        return {"result": _number(result)} if _is_real(result) else {}
    return dict(_numbers(result, ""))


def _numbers(values: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, float]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{key}.")
        elif _is_real(value):
            yield f"{prefix}{key}", _number(value)


def open_log(item: Any) -> LogReader | None:
    """Open the log of a run anew, so that nothing of it is kept; None where there is none."""
    from pyexp.log.reader import LogReader

    try:
        reader = LogReader(item.out)
    except FileNotFoundError:
        return None
    return reader if reader.is_run else None


def scalar_tags(results: Tensor[Any]) -> list[str]:
    """Return the tags of the numbers that the runs have logged, in order."""
    readers = map(open_log, results)
    return sorted({tag for reader in readers if reader is not None for tag in reader.scalar_tags})


def summary_of(reader: LogReader, tag: str) -> TagSummary | None:
    """Return the last, least and greatest value of a tag; None when nothing is logged under it."""
    values = reader.read_series(tag).values
    if not len(values):
        return None
    known = [value for value in values if not math.isnan(value)]
    return TagSummary(values[-1], min(known, default=NOTHING), max(known, default=NOTHING))


def _passed(results: Tensor[Any]) -> Iterator[Any]:
    return (item for item in results if item.status == _PASSED)


def _own(item: Any, key: Key) -> Any:
    """Return the value of a run under *key*: of its result, else of its own."""
    if isinstance(key, str) and key.partition(".")[0] not in _PREFIXES:
        result = result_of(item)
        value = select.look_up(result, key) if isinstance(result, Mapping) else select.MISSING
        if value is not select.MISSING:
            return value
    return value_of(item, key)


def _tag_values(results: Tensor[Any], tag: str, by: By) -> list[Any]:
    """Return the value of a tag of each run that passed."""
    found: list[Any] = []
    known: set[str] = set()
    for item in _passed(results):
        reader = open_log(item)
        summary = None if reader is None else summary_of(reader, tag)
        if reader is not None and summary is None:
            known |= reader.scalar_tags
        found.append(None if summary is None else getattr(summary, by))
    if found and all(value is None for value in found):
        raise SelectionError(f"no result and no log has {tag!r}: {nearest(tag, [*known, *_known_keys(results)])}")
    return found


def _known_keys(results: Tensor[Any]) -> list[str]:
    first = next(_passed(results))
    try:
        keys = select.known_keys(first)
    except DamagedFileError as error:
        warnings.warn(f"the keys of {first.name!r} cannot be listed: {error}", stacklevel=2)
        return []
    return [key.removeprefix("result.") for key in keys]


def _in_places(results: Tensor[Any], numbers: Sequence[float]) -> list[float]:
    """Return one number per place, nan where no run has passed."""
    given = iter(numbers)
    return [NOTHING if cell is HOLE or cell.status != _PASSED else next(given) for cell in results.cells()]


def _is_real(value: Any) -> bool:
    return is_number(value) and not isinstance(from_numpy_scalar(value), complex)


def _number(value: Any) -> float:
    if not _is_real(value):
        return NOTHING
    try:
        return float(value)
    except OverflowError:  # an integer beyond what a float can hold
        return math.inf if value > 0 else -math.inf

"""Variations for a sweep from values by key: paired, or drawn at random. Knows no configs and no names."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from math import prod
from typing import TYPE_CHECKING, Any

from pyexp._optional import import_extra
from pyexp.config.encoding import canonical_json
from pyexp.config.validation import validate_values
from pyexp.config.values import from_numpy, from_numpy_scalar
from pyexp.errors import ConfigError, ConfigValueTypeError

if TYPE_CHECKING:
    from collections.abc import Sequence

_TRIES = 100
"""How many draws it may take to find one variation that is not there yet."""


def listed(values: Any, subject: str) -> list[Any]:
    """Return *values* as a list.

    Example:
        >>> listed(range(3), "the values of 'seed'")
        [0, 1, 2]

    Raises:
        ConfigValueTypeError: It is a string, a mapping, or not iterable.
    """
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise ConfigValueTypeError(f"{subject} are {values!r} ({type(values).__name__}), not a list: give an iterable")
    return list(values)


def zipped(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return variations that pair the values of several keys: the first of each, the second of each, and so on.

    Args:
        values: Lists of one length, by key.

    Example:
        >>> zipped({"lr": [0.1, 0.01], "batch": [16, 64]})
        [{'lr': 0.1, 'batch': 16}, {'lr': 0.01, 'batch': 64}]

    Raises:
        ConfigError: There are no values, or the lists differ in length.
        ConfigValueTypeError: Something is not a list of values.
    """
    columns = {key: listed(each, f"zipped: the values of {key!r}") for key, each in _checked(values, "zipped").items()}
    lengths = {key: len(column) for key, column in columns.items()}
    if len(set(lengths.values())) != 1:
        raise ConfigError(f"zipped: the lists have the lengths {lengths}: pair lists of one length")
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(columns, map(from_numpy_scalar, row), strict=True)) for row in rows]


def sample(n: int, values: Mapping[str, Any], seed: int = 0) -> list[dict[str, Any]]:
    """Return *n* different variations, each with one value per key drawn at random.

    The same arguments return the same variations; a larger *n* returns the same ones first.

    Args:
        n: How many.
        values: By key a list, each of whose values is as likely, or a distribution: anything with ``rvs``, such as
            those of ``scipy.stats``.
        seed: Where the random numbers begin.

    Example:
        >>> sample(3, {"lr": [0.1, 0.01], "width": range(16, 19)}, seed=1)
        [{'lr': 0.1, 'width': 18}, {'lr': 0.1, 'width': 17}, {'lr': 0.01, 'width': 17}]

    Raises:
        ConfigError: *n* is not a positive number, or so many different variations cannot be found.
        ConfigValueTypeError: Something is neither a list of values nor a distribution.
        MissingExtraError: There is a distribution, and NumPy is not installed.
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ConfigError(f"sample: n is {n!r}, not a positive number: say how many variations to draw")
    draws = _Draws(_checked(values, "sample"), seed)
    found: dict[str, dict[str, Any]] = {}
    for _ in range(draws.worth_trying(n)):
        variation = draws.draw()
        found.setdefault(canonical_json(validate_values(variation, "sample")), variation)
        if len(found) == n:
            return list(found.values())
    raise ConfigError(f"sample: only {len(found)} different variations were found, and n is {n}: ask for fewer")


class _Draws:
    """One draw after another, from lists and distributions."""

    def __init__(self, values: Mapping[str, Any], seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  no secrets
        self._distributions = {key: each for key, each in values.items() if hasattr(each, "rvs")}
        self._lists = {key: _choices(each, key) for key, each in values.items() if key not in self._distributions}
        self._keys = list(values)
        self._state: Any = None
        if self._distributions:
            np = import_extra("numpy", "analysis", "sample() from a distribution")
            self._state = np.random.RandomState(seed)  # what scikit-learn's ParameterSampler hands to `rvs`

    def draw(self) -> dict[str, Any]:
        """Return one more variation."""
        return {key: self._value(key) for key in self._keys}

    def worth_trying(self, n: int) -> int:
        """Return after how many draws there are surely not *n* different ones."""
        return _TRIES * (n if self._distributions else min(n, prod(map(len, self._lists.values()))))

    def _value(self, key: str) -> Any:
        if key in self._lists:
            return self._random.choice(self._lists[key])
        return from_numpy(self._distributions[key].rvs(random_state=self._state))


def _choices(values: Any, key: str) -> Sequence[Any]:
    subject = f"sample: the values of {key!r}"
    choices = [from_numpy_scalar(value) for value in listed(values, subject)]
    if not choices:
        raise ConfigError(f"{subject} are empty: give at least one")
    return choices


def _checked(values: Any, subject: str) -> Mapping[str, Any]:
    if not isinstance(values, Mapping):
        raise ConfigValueTypeError(
            f"{subject}: values are {values!r:.80} ({type(values).__name__}), not a dict of lists by key"
        )
    if not values:
        raise ConfigError(f"{subject}: values are empty, so nothing would vary: give at least one key")
    return values

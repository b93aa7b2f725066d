import enum
from collections import OrderedDict
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import pytest

from pyexp.config.config import Config
from pyexp.config.validation import validate
from pyexp.errors import ConfigError, ConfigValueTypeError


class Point(NamedTuple):
    x: int
    y: int


class Kind(enum.IntEnum):
    A = 1


def test_allowed_values_pass_and_are_copied():
    values = {"i": 1, "f": 0.1, "s": "x", "b": True, "n": None, "p": Path("a"), "l": [{"t": (1, [2])}], "st": {1, "a"}}
    checked = validate(values, "config")
    checked.l[0].t[1].append(3)
    checked.st.add(2)

    assert type(checked) is Config
    assert values["l"] == [{"t": (1, [2])}]
    assert values["st"] == {1, "a"}


@pytest.mark.parametrize(
    ("scalar", "expected"),
    [(np.float64(0.1), 0.1), (np.int32(3), 3), (np.bool_(True), True), (np.str_("x"), "x"), (np.float32(0.5), 0.5)],
)
def test_numpy_scalars_become_python_ones(scalar, expected):
    checked = validate({"a": [{"b": (scalar,)}]}, "config")

    assert checked.a[0].b == (expected,)
    assert type(checked.a[0].b[0]) is type(expected)


def test_mappings_become_configs():
    assert type(validate(OrderedDict(a=OrderedDict(b=1)), "c").a) is Config


@pytest.mark.parametrize(
    "value",
    [
        print, object(), b"x", 1j, np.arange(2), np.array(1.0), np.datetime64("2020-01-01"), np.longdouble(1), range(3),
        frozenset({1}), Point(1, 2), Kind.A, PurePosixPath("x"), (x for x in ()), int, "x".join, np.complex128(1),
    ],
)  # fmt: skip
def test_other_values_are_refused_with_config_and_path(value):
    with pytest.raises(
        ConfigValueTypeError, match=r"config 'fast': key 'a\.b\[1\]\.c' holds .* configs hold int, "
    ) as e:
        validate({"a": {"b": [0, {"c": value}]}}, "config 'fast'")
    assert isinstance(e.value, TypeError)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({3: 1}, r"c: there is the key 3 \(int\): keys are strings, write '3'"),
        ({"a": [{None: 1}]}, r"c: 'a\[0\]' has the key None"),
        ({"name": 3}, "'name' holds 3"),
        ({"a": "x" * 3, "b": bytearray(200)}, r"\.\.\. \(bytearray\)"),
    ],
)
def test_keys_and_names_are_strings(values, message):
    with pytest.raises(ConfigValueTypeError, match=message):
        validate(values, "c")


def test_out_is_reserved_at_the_top_only():
    with pytest.raises(ValueError, match="'out' is reserved"):
        validate({"out": "x"}, "c")
    assert validate({"layer": {"out": 3}}, "c").layer.out == 3


def test_what_contains_itself_or_is_too_deep_is_refused():
    circular = {}
    circular["a"] = circular["b"] = [circular]
    deep = []
    for _ in range(1_000):
        deep = [deep]

    for values in (circular, {"a": deep}):
        with pytest.raises(ConfigError, match="c: the value of 'a' nests deeper than 100 levels"):
            validate(values, "c")

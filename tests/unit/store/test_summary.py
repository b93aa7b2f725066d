from __future__ import annotations

import json
import math
from collections import OrderedDict

import numpy as np
import pytest

from pyexp.config.config import Config
from pyexp.executors.child.mailbox import _spell
from pyexp.store.summary import LIMIT_BYTES, index_part, is_whole, restore, summarise

PLAIN = [
    None,
    True,
    -3,
    0.1,
    1e300,
    5e-324,
    -0.0,
    'text é \ud800 \x00 "\\',
    {},
    [],
    (),
    {"a": [1, (2, {"b": None})], "": False},
    (math.inf, -math.inf),
    {"$tuple": 1, "$$x": 2, "$": 3},
    Config(a=1),
]


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_a_plain_value_is_kept_whole(value):
    summary = summarise(value)
    assert is_whole(summary)
    assert restore(summary) == value
    assert repr(restore(json.loads(json.dumps(summary)))) == repr(dict(value) if isinstance(value, Config) else value)


@pytest.mark.parametrize("value", [*PLAIN, math.nan, np.ones(3), ValueError("x")], ids=repr)
def test_a_report_spells_it_as_json_does(value):
    summary = summarise(value)
    assert json.loads(_spell(summary)) == json.loads(json.dumps(summary))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (np.ones((3, 4), "float32"), "float32[3, 4]"),
        (np.float64(0.5), "0.5"),
        (np.int32(3), "3"),
        (np.array(True), "True"),
        (math.nan, "nan"),
        ({1: "a", (2,): "b"}, "{'1': 'a', '(2,)': 'b'}"),
        (OrderedDict(a=1), "{'a': 1}"),
        (ValueError("x"), "<builtins.ValueError>"),
        ({3}, "<builtins.set>"),
        (b"bytes", "<builtins.bytes>"),
    ],
    ids=repr,
)
def test_what_json_lacks_is_shown_by_what_it_is(value, shown):
    assert repr(restore(summarise(value))) == shown


class Hostile:
    @property
    def shape(self):
        raise RuntimeError("no shape")

    dtype = 1


@pytest.mark.parametrize(
    "value",
    [
        list(range(100_000)),
        {f"key{n}": n for n in range(100_000)},
        ["x" * 1000] * 1000,
        "é" * 100_000,
        1 << 1_000_000,
        [[[0] * 100] * 100] * 100,
        {"k" * 100_000: 1},
        Hostile(),
        {"h": [Hostile()] * 5000},
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_summary_is_never_large(value):
    summary = summarise(value)
    assert len(json.dumps(summary)) <= 1.5 * LIMIT_BYTES
    assert not is_whole(summary) or type(value) is dict


def test_a_value_that_contains_itself_ends():
    value = []
    value.append(value)
    assert not is_whole(summarise(value))


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ({"a": 1, "b": "x" * 81, "c": True, "d": [1], "e": None}, {"a": 1, "c": True}),
        ({}, None),
        (0.5, None),
        ({"a": {"$float": "nan"}}, None),
    ],
)
def test_the_index_takes_what_is_short(summary, expected):
    assert index_part(summary) == expected


def test_an_index_line_stays_short():
    assert len(json.dumps(index_part({f"key{n}": n / 3 for n in range(1000)}))) <= 512

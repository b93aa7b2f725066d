from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque

import pytest

from pyexp.code.values.in_place import contents_of, empty, fill, kind_of
from pyexp.code.values.references import OwnsAll, References

REFERENCES = References({}, OwnsAll())


@pytest.mark.parametrize(
    ("former", "value"),
    [
        ([1], [2, 3]),
        ({"a": 1}, {"b": 2}),
        ({1}, {2, 3}),
        (bytearray(b"a"), bytearray(b"bc")),
        (deque([1]), deque([2, 3])),
        (Counter("ab"), Counter("aac")),
        (OrderedDict(a=1), OrderedDict(b=1, a=2)),
        (defaultdict(int, a=1), defaultdict(list, b=[2])),
    ],
)
def test_a_container_becomes_another_one(former, value):
    assert kind_of(value, REFERENCES) == type(value).__name__
    fill(former, contents_of(value))
    made = empty(type(value))
    fill(made, contents_of(value))

    assert former == made == value
    assert getattr(made, "default_factory", None) is getattr(value, "default_factory", None)


@pytest.mark.parametrize("value", [(1,), "x", frozenset({1}), object(), deque(maxlen=3), type("L", (list,), {})()])
def test_other_values_are_replaced(value):
    assert kind_of(value, REFERENCES) is None


def test_the_contents_of_a_bytearray_are_as_large_as_it() -> None:
    assert contents_of(bytearray(b"abc")) == b"abc"

from __future__ import annotations

import pytest

from pyexp import Tensor, concat
from pyexp.errors import ConfigError
from pyexp.tensor.absent import HOLE


def grid(letters, **axes) -> Tensor:
    return Tensor(letters, [len(values) for values in axes.values()], axes)


def test_along_an_axis_that_both_have():
    both = concat(grid("abcd", lr=[1, 2], seed=[0, 1]), grid("ef", lr=[1, 2], seed=[2]), "seed")

    assert both.axes == {"lr": [1, 2], "seed": [0, 1, 2]}
    assert both.tolist() == [["a", "b", "e"], ["c", "d", "f"]]


def test_other_coordinates_of_the_other_axes_leave_holes():
    both = concat(grid("ab", lr=[1, 2], seed=[0]), grid("cd", lr=[3, 2], seed=[1]), "seed")

    assert both.axes == {"lr": [1, 2, 3], "seed": [0, 1]}
    assert both.tolist() == [["a", None], ["b", "d"], [None, "c"]]
    assert both[0, 1].status == "absent"
    assert list(both) == ["a", "b", "d", "c"]


def test_the_one_without_the_axis_lies_at_none():
    first, second = grid("ab", lr=[1, 2]), grid("cdef", seed=[0, 1], lr=[1, 2])

    assert concat(first, second, "seed").axes == {"seed": [None, 0, 1], "lr": [1, 2]}
    assert concat(first, second, "seed").tolist() == [["a", "b"], ["c", "d"], ["e", "f"]]
    assert concat(second, first, "seed").axes == {"seed": [0, 1, None], "lr": [1, 2]}
    assert concat(second, first, "seed").tolist() == [["c", "d"], ["e", "f"], ["a", "b"]]


def test_a_new_axis_comes_first():
    both = concat(grid("ab", lr=[1, 2]), grid("cd", lr=[1, 2]), "batch")

    assert both.axes == {"batch": [0, 1], "lr": [1, 2]}
    assert both.tolist() == [["a", "b"], ["c", "d"]]


def test_the_order_of_axes_need_not_be_the_same():
    both = concat(grid("abcd", lr=[1, 2], seed=[0, 1]), grid("efgh", seed=[2, 3], lr=[1, 2]), "seed")

    assert both.tolist() == [["a", "b", "e", "g"], ["c", "d", "f", "h"]]


def test_holes_stay_holes():
    both = concat(Tensor(["a", HOLE], (2,), {"x": [1, 2]}), Tensor([HOLE, "d"], (2,), {"x": [3, 4]}), "x")

    assert both.cells() == ["a", HOLE, HOLE, "d"]


def test_empty_and_equal_coordinates():
    assert concat(Tensor([]), Tensor("a"), "axis0").tolist() == ["a"]
    assert concat(grid("a", x=[1]), grid("b", x=[1]), "x").axes == {"x": [1, 1]}
    assert concat(grid("a", x=[True]), grid("b", x=[1]), "y").axes == {"y": [0, 1], "x": [True, 1]}


@pytest.mark.parametrize(
    ("first", "second", "axis", "message"),
    [
        (grid("a", x=[1]), grid("a", y=[1]), "z", r"axes other than 'z' are \['x'\] and \['y'\]"),
        (grid("a", x=[1]), grid("a", x=[1], y=[1]), "x", r"are \[\] and \['y'\]"),
        (grid("ab", x=[1, 2]), grid("ab", x=[3, 3]), "y", "has a coordinate twice"),
        (grid("a", x=[1]), ["a"], "x", "second is .* not a Tensor"),
        (grid("a", x=[1]), grid("a", x=[1]), "", "axis is '', not a name"),
    ],
)
def test_what_cannot_be_joined(first, second, axis, message):
    with pytest.raises(ConfigError, match=message):
        concat(first, second, axis)

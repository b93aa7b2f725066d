from array import array

import pytest

from pyexp.log.eventfile.columns import Columns
from pyexp.log.values.events import Points


def points(iterations, tag="a"):
    numbers = [float(at) for at in range(len(iterations))]
    return Points(tag, iterations, array("d", numbers), array("d", numbers))


@pytest.mark.parametrize(
    "pieces",
    [
        [range(3), range(3, 6)],
        [range(3), range(3, 6), range(7, 9), range(9, 12)],
        [range(0, 6, 2), range(6, 9), range(9, 12)],
        [range(5, 0, -1), range(0, -3, -1)],
        [range(3), array("q", [3, 4]), range(5, 7)],
        [array("q", [0]), array("q", [1]), range(2, 4)],
        [range((1 << 63) - 2, 1 << 63), range(3)],
    ],
)
def test_points_of_a_tag_stand_one_behind_the_other(pieces):
    columns = Columns()
    for piece in pieces:
        columns.extend([points(piece), points(piece, "b")])
    assert columns.count == 2 * sum(map(len, pieces))
    copy = columns.copy("b")
    a, b = columns.take()
    assert [*a.iterations] == [*b.iterations] == [*copy.iterations] == [it for piece in pieces for it in piece]
    assert [*a.values] == [*a.times] == [float(at) for piece in pieces for at in range(len(piece))]
    assert (columns.count, columns.take()) == (0, [])


def test_even_iterations_stay_a_range():
    columns = Columns()
    columns.extend([points(range(0, 10, 5)), points(range(10, 30, 5))])
    assert columns.take()[0].iterations == range(0, 30, 5)


def test_what_is_added_stays_the_callers():
    columns, given = Columns(), points(array("q", [1]))
    columns.extend([given, points(array("q", [2]))])
    assert columns.copy("a").iterations == array("q", [1, 2])
    assert "a" in columns
    assert len(given.values) == 1

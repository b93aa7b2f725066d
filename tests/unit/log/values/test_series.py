import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyexp.log.values.series import Series, downsample


def series(values, iterations=None):
    iterations = range(len(values)) if iterations is None else iterations
    return Series(
        tag="x",
        start=0,
        iterations=array("q", iterations),
        values=array("d", values),
        times=array("d", (100.0 + it for it in iterations)),
    )


@pytest.mark.slow
@given(st.lists(st.floats(allow_nan=True), max_size=400), st.integers(8, 50))
def test_extremes_and_ends_are_kept(values, limit):
    whole = series(values)
    few = downsample(whole, limit)
    assert len(few) <= limit + limit // 4 + 1
    rows = set(zip(whole.iterations, map(str, whole.values), whole.times, strict=True))
    assert set(zip(few.iterations, map(str, few.values), few.times, strict=True)) <= rows
    assert list(few.iterations) == sorted(few.iterations)
    numbers = [value for value in values if not math.isnan(value)]
    if numbers:
        assert (min(few.values, key=key), max(few.values, key=key_max)) == (min(numbers), max(numbers))
    assert any(map(math.isnan, values)) == any(map(math.isnan, few.values))


def key(value):
    return math.inf if math.isnan(value) else value


def key_max(value):
    return -math.inf if math.isnan(value) else value


def test_few_points_stay_as_they_are():
    assert downsample(series([3.0, 1.0, 2.0])).values.tolist() == [3.0, 1.0, 2.0]


def test_a_range_keeps_its_neighbours():
    whole = series([float(value) for value in range(100)])
    assert downsample(whole, 1000, (10, 12)).iterations.tolist() == [9, 10, 11, 12, 13]
    assert downsample(whole, 1000, (0, 1)).iterations.tolist() == [0, 1, 2]
    assert downsample(whole, 1000, (10.2, 10.8)).iterations.tolist() == [10, 11]
    assert downsample(whole, 1000, (110.0, 112.0), "times").iterations.tolist() == [9, 10, 11, 12, 13]
    assert downsample(whole, 1000, (10.0, 12.0), "relative").iterations.tolist() == [9, 10, 11, 12, 13]


def test_a_range_over_iterations_that_go_back():
    whole = series([0.0, 1.0, 2.0, 3.0], [0, 5, 1, 6])
    assert downsample(whole, 1000, (0, 1)).iterations.tolist() == [0, 5, 1, 6]
    assert downsample(whole, 1000, (6, 7)).iterations.tolist() == [1, 6]


def test_an_unknown_axis():
    with pytest.raises(ValueError, match="no axis 'x'"):
        downsample(series([1.0]), axis="x")


def test_no_points():
    assert len(downsample(Series.empty("x"), 10, (0, 1), "relative")) == 0

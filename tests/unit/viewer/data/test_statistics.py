"""Statistics over runs, beside what NumPy gives."""

from __future__ import annotations

import math
from array import array

import numpy as np
import pytest

from pyexp.log.values.series import Series
from pyexp.viewer.data.statistics import BANDS, CENTRES, curve_over


def series(values, steps=None) -> Series:
    steps = range(len(values)) if steps is None else steps
    times = array("d", [0.0] * len(values))
    return Series(tag="t", start=0, iterations=array("q", steps), values=array("d", values), times=times)


def expected_band(name: str, values, middle: float) -> tuple[float, float]:
    if name == "deviation":
        half = np.std(values)
    elif name == "error":
        half = np.std(values, ddof=1) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    else:
        parts = {"range": (0, 1), "quartiles": (0.25, 0.75), "most": (0.05, 0.95)}[name]
        return tuple(np.quantile(values, parts))
    return middle - half, middle + half


@pytest.mark.parametrize("centre", CENTRES)
@pytest.mark.parametrize("is_ragged", [False, True], ids=["same-steps", "ragged"])
@pytest.mark.parametrize("offset", [0.0, 1e9, -1e-9])
def test_equals_numpy(centre: str, is_ragged: bool, offset: float) -> None:
    random = np.random.default_rng(7)
    lengths = [50 - 7 * run if is_ragged else 50 for run in range(7)]
    columns = [random.normal(size=length) + offset for length in lengths]
    curve = curve_over([series(column) for column in columns], centre, BANDS)
    assert curve.steps.tolist() == list(range(50))
    for step in range(50):
        there = [column[step] for column in columns if step < len(column)]
        middle = np.mean(there) if centre == "mean" else np.median(there)
        assert curve.count[step] == len(there)
        assert curve.centre[step] == pytest.approx(middle, rel=1e-12)
        for name, (low, high) in zip(BANDS, curve.bands, strict=True):
            assert (low[step], high[step]) == pytest.approx(expected_band(name, there, middle), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_left_out_and_counted(odd: float) -> None:
    members = [series([1.0, 2.0, odd]), series([3.0, odd, odd]), series([5.0, 6.0, odd])]
    for centre in CENTRES:
        curve = curve_over(members, centre, BANDS)
        assert curve.count.tolist() == [3, 2, 0]
        assert curve.broken.tolist() == [0, 1, 3]
        assert curve.centre[:2].tolist() == [3.0, 4.0]
        assert np.isnan([curve.centre[2], *(edge[2] for band in curve.bands for edge in band)]).all()


def test_a_step_logged_twice_counts_once_with_the_later_value() -> None:
    passes = series([1.0, 2.0, 10.0, 20.0], [0, 1, 0, 1])
    curve = curve_over([passes, series([30.0, 40.0])], "mean", ())
    assert curve.centre.tolist() == [20.0, 30.0]
    assert curve.count.tolist() == [2, 2]


def test_steps_that_only_some_runs_have() -> None:
    curve = curve_over([series([1.0, 2.0], [0, 10]), series([5.0], [5])], "median", ("range",))
    assert curve.steps.tolist() == [0, 5, 10]
    assert curve.count.tolist() == [1, 1, 1]
    assert curve.centre.tolist() == [1.0, 5.0, 2.0]


@pytest.mark.parametrize("members", [[], [series([])], [series([]), series([])]])
def test_no_points_give_no_steps(members: list[Series]) -> None:
    curve = curve_over(members, "median", BANDS)
    assert len(curve.steps) == len(curve.centre) == 0


def test_a_lone_run_has_no_standard_error() -> None:
    ((low, high),) = curve_over([series([4.0])], "mean", ("error",)).bands
    assert (low.tolist(), high.tolist()) == ([4.0], [4.0])

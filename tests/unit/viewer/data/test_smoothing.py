"""Smoothing by its formula, over all points."""

from __future__ import annotations

import math
from array import array

import numpy as np
import pytest

from pyexp.log import Logger
from pyexp.viewer.data.smoothing import extent_of, smooth
from viewer_server import served


def by_formula(x, values, weight: float, extent: float, at: int) -> float:
    """Every point since the last step back, each with its own weight."""
    first = max((place for place in range(1, at + 1) if x[place] < x[place - 1]), default=0)
    behind = [place for place in range(first, at + 1) if math.isfinite(values[place])]
    weights = [weight ** ((x[at] - x[place]) / (extent / 1000)) for place in behind]
    return sum(w * values[place] for w, place in zip(weights, behind, strict=True)) / sum(weights)


@pytest.mark.parametrize("weight", [0.01, 0.6, 0.99])
@pytest.mark.parametrize(
    "x",
    [
        range(200),
        [step**2 for step in range(200)],
        [step % 50 for step in range(200)],
        [step // 3 for step in range(200)],
    ],
    ids=["even", "uneven", "passes", "repeated"],
)
def test_equals_the_formula(x, weight: float) -> None:
    values = np.random.default_rng(3).normal(size=200).tolist()
    values[20], values[21] = math.nan, math.inf
    extent = extent_of([x, [0.0, 3 * max(x)]])
    found = smooth(x, values, weight, extent)
    assert math.isnan(found[20])
    assert found[21] == math.inf
    for at in (0, 1, 19, 22, 49, 50, 51, 120, 199):
        assert found[at] == pytest.approx(by_formula(x, values, weight, extent, at), rel=1e-9)


def test_passes_do_not_see_each_other() -> None:
    steps = [step for _ in range(3) for step in range(100)]
    values = [10.0 * epoch for epoch in range(3) for _ in range(100)]
    smoothed = smooth(steps, values, 0.6, 99.0)
    assert [smoothed[end] for end in (99, 199, 299)] == pytest.approx([0, 10, 20], abs=1e-9)


def test_the_noise_that_is_left_goes_by_the_density_of_the_points() -> None:
    noise = np.random.default_rng(1).normal(size=100_000)
    left = [np.std(smooth(range(n), noise[:n], 0.6, n - 1)[n // 10 :]) for n in (1_000, 10_000, 100_000)]
    assert left == pytest.approx([0.5, 0.16, 0.05], abs=0.03)


def test_beside_each_other_the_same_data_look_the_same() -> None:
    values = np.random.default_rng(1).normal(size=10_000)
    short, long = (smooth(range(n), values[:n], 0.99, 9_999) for n in (1_000, 10_000))
    assert short[900] == pytest.approx(long[900], rel=1e-9)


def test_without_weight_or_extent_values_stay() -> None:
    assert smooth([0, 1], [1.0, 5.0], 0.0, 1.0) == array("d", [1.0, 5.0])
    assert smooth([], [], 0.5, 0.0) == array("d")
    assert smooth([3], [1.0], 0.5, extent_of([[3]])) == array("d", [1.0])
    assert extent_of([]) == 0.0


@pytest.mark.slow
@pytest.mark.anyio
async def test_lines_of_one_chart_are_smoothed_over_its_whole_extent_whatever_is_zoomed_to(tmp_path) -> None:
    values = np.random.default_rng(1).normal(size=10_000).tolist()
    for count in (1_000, 10_000):
        with Logger(tmp_path / f"k{count}") as logger:
            for step in range(count):
                logger.set_global_it(step)
                logger.add_scalar("loss", values[step])
    async with served(tmp_path) as client:
        place = {"tag": await client.tag("loss"), "runs": await client.run_ids(), "weight": 0.99}
        for zoom in ({}, {"from_": 800, "to": 950}):
            frame = await client.frame("/api/smoothed", **place, **zoom)
            found = [dict(zip(part.columns["step"], part.columns["value"], strict=True)) for part in frame.series]
            common = found[0].keys() & found[1].keys()
            assert common
            for step in common:
                expected = by_formula(range(10_000), values, 0.99, 9_999, int(step))
                assert [part[step] for part in found] == pytest.approx([expected] * 2, rel=1e-9)
            raw = frame.series[0].columns
            assert all(value == values[int(step)] for step, value in zip(raw["step"], raw["raw"], strict=True))
        alone = await client.frame("/api/smoothed", **place, axis="wall")
        assert all(900 < part.points <= 1_000 for part in alone.series)


@pytest.mark.anyio
@pytest.mark.parametrize("weight", ["1", "-1", "x", "nan"])
async def test_a_weight_that_is_none_is_refused(tmp_path, weight: str) -> None:
    async with served(tmp_path) as client:
        await client.json("/api/smoothed", status=400, tag=1, runs="1", weight=weight)

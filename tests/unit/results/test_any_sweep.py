"""Statistics of any grid of runs, whatever is missing in it, against NumPy."""

from __future__ import annotations

import math
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pyexp import Results
from pyexp.config.config import Config
from pyexp.tensor.absent import HOLE

values = st.one_of(
    st.floats(-1e6, 1e6), st.integers(-1000, 1000), st.booleans(), st.just(math.nan), st.none(), st.just("text")
)


def run(value, status: str) -> SimpleNamespace:
    result = None if status != "passed" else {"x": value, "always": 1.0}
    return SimpleNamespace(name="r", status=status, result=result, config=Config(), out="/nowhere")


pytestmark = pytest.mark.slow


@given(hnp.array_shapes(min_dims=1, max_dims=4, max_side=4), st.data())
@settings(max_examples=200, deadline=None)
def test_statistics_of_any_grid(shape, data):
    size = math.prod(shape)
    given_values = data.draw(st.lists(values, min_size=size, max_size=size))
    states = data.draw(
        st.lists(st.sampled_from(["passed", "passed", "failed", "pending", "hole"]), min_size=size, max_size=size)
    )
    cells = [HOLE if state == "hole" else run(value, state) for value, state in zip(given_values, states, strict=True)]
    results = Results(cells, shape)
    is_number = [
        state == "passed" and isinstance(value, (int, float)) for value, state in zip(given_values, states, strict=True)
    ]
    array = np.array([float(v) if ok else math.nan for v, ok in zip(given_values, is_number, strict=True)]).reshape(
        shape
    )
    over = data.draw(st.sets(st.integers(0, len(shape) - 1)))
    axis = tuple(sorted(over))
    if not any(is_number):
        return

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = {
            "mean": np.nanmean(array, axis=axis),
            "std": np.nanstd(array, axis=axis),
            "sem": np.nanstd(array, axis=axis, ddof=1) / np.sqrt((~np.isnan(array)).sum(axis=axis)),
            "count": (~np.isnan(array)).sum(axis=axis),
        }
    for statistic, expected in wanted.items():
        found = getattr(results, statistic)("x", over=[f"axis{place}" for place in axis])
        np.testing.assert_allclose(
            found.values, expected, rtol=1e-12, atol=1e-9 if statistic in ("std", "sem") else 1e-12
        )
    if not np.isnan(array).all():
        best = results.best("x")
        assert float(best.result["x"]) == np.nanmax(array)
        assert sum(len(group) for _, group in results.groupby("axis0")) == len(results)

from __future__ import annotations

import numpy as np
import pytest

from pyexp.errors import SelectionError


def test_curves_are_over_the_axes_and_all_steps(results):
    curves = results.curves("val/acc")

    assert curves.dims == ("axis0", "optim.lr", "width", "seed", "step")
    assert curves.step.values.tolist() == [0, 2, 4, 6]
    for place in np.ndindex(results.shape):
        item, values = results[place], curves.values[place]
        points = dict(item.logger.load_scalars("val/acc")) if item.logger else {}
        np.testing.assert_array_equal(values, [points.get(step, np.nan) for step in (0, 2, 4, 6)])
    assert curves.sel(seed=2, step=4, width=16).notnull().all()  # the failed runs' too
    assert results.sel(lr=0.1, width=8).curves("val/acc").mean("seed").dims == ("axis0", "step")


def test_a_tag_that_nobody_logged(results):
    with pytest.raises(SelectionError, match="no run has logged 'val/ac': did you mean 'val/acc'"):
        results.curves("val/ac")


def test_a_frame_with_tags(results):
    frame = results.to_dataframe(tags=True).set_index("name")

    assert list(frame.columns)[-6:] == [
        "loss.last",
        "loss.min",
        "loss.max",
        "val/acc.last",
        "val/acc.min",
        "val/acc.max",
    ]
    row = frame.loc["exp_lr=0.1_width=8_seed=1"]
    assert (row["val/acc.min"], row["val/acc.max"]) == (-1, pytest.approx(-0.4))
    assert np.isnan(row["loss.last"])
    assert np.isnan(row["loss.min"])
    assert len(frame) == 11
    assert "loss.last" not in results.to_dataframe()

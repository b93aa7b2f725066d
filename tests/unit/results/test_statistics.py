"""Statistics over axes: those of NumPy, xarray and SciPy to 1e-12, with holes, failed runs and nan left out."""

from __future__ import annotations

import copy
import json
import math
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
import xarray as xr

import pyexp
from pyexp import Results, Tensor
from pyexp.errors import MissingExtraError, SelectionError
from pyexp.results.statistics import reduce
from pyexp.tensor.absent import HOLE
from support.experiments import make_runner

DIMS = ("axis0", "optim.lr", "width", "seed")


def expected(results, function) -> np.ndarray:
    """The numbers, found without the code under test."""
    values = np.full(results.shape, np.nan)
    for place in np.ndindex(results.shape):
        item = results[place]
        if item.status == "passed":
            values[place] = function(item)
    return values


def accuracies(results) -> np.ndarray:
    return expected(results, lambda item: item.result["accuracy"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "over", ["seed", ["seed", "width"], ["lr", "seed"], "axis0", ["axis0", "optim.lr", "width", "seed"], None, []]
)
def test_statistics_are_those_of_numpy_xarray_and_scipy(results, over):
    values = accuracies(results)
    names = (
        list(DIMS)
        if over is None
        else ["optim.lr" if name == "lr" else name for name in ([over] if isinstance(over, str) else over)]
    )
    axis = tuple(DIMS.index(name) for name in names)
    array = xr.DataArray(values, dims=DIMS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy, xarray and SciPy warn where no number is left
        by_numpy = {"mean": np.nanmean(values, axis=axis), "std": np.nanstd(values, axis=axis)}
        by_xarray = {"mean": array.mean(names), "std": array.std(names)}
        flat = np.moveaxis(values, axis, range(-len(axis), 0)).reshape(
            *[n for d, n in enumerate(values.shape) if d not in axis], -1
        )
        import scipy.stats

        by_scipy = scipy.stats.sem(flat, axis=-1, nan_policy="omit")

    for statistic, wanted in by_numpy.items():
        found = getattr(results, statistic)("accuracy", over=over)
        np.testing.assert_allclose(found.values, wanted, rtol=1e-12, atol=0)
        np.testing.assert_allclose(found.values, by_xarray[statistic].values, rtol=1e-12)
        assert found.dims == tuple(name for name in DIMS if name not in names)
        assert found.name == "accuracy"
    np.testing.assert_allclose(results.sem("accuracy", over).values, np.ma.filled(by_scipy, np.nan), rtol=1e-12)
    np.testing.assert_array_equal(results.count("accuracy", over).values, array.count(names).values)


def test_coordinates_stay(results):
    mean = results.mean("accuracy", over="seed")

    assert mean.coords["optim.lr"].values.tolist() == [0.1, 0.2]
    assert mean.sel(width=16).dims == ("axis0", "optim.lr")
    assert results.count("accuracy", over="seed").values.tolist() == [[[2, 2], [1, 2]]]


def test_without_a_key_all_numbers_are_in_a_dataset(results):
    dataset = results.mean(over="seed")

    assert sorted(dataset) == ["accuracy", "ok", "val.loss"]
    for key in dataset:
        xr.testing.assert_identical(dataset[key], results.mean(key, over="seed"))
    np.testing.assert_allclose(
        dataset["ok"].values, np.nanmean(expected(results, lambda item: item.result["ok"]), axis=3), rtol=1e-12
    )
    assert results.count().accuracy.item() == 7


def test_keys_of_results_configs_runs_and_logs(results):
    lr = expected(results, lambda item: item.config.optim.lr)
    assert results.mean("optim.lr").item() == pytest.approx(np.nanmean(lr), rel=1e-12)
    assert results.mean("config.optim.lr").item() == results.mean("optim.lr").item()
    assert results.mean("duration").item() > 0
    assert results.mean("result.val.loss").item() == results.mean("val.loss").item()
    assert results.mean(lambda item: item.result["accuracy"] * 2, "seed").name is None
    last = expected(results, lambda item: item.logger["val/acc"][1])
    np.testing.assert_allclose(results.std("val/acc", "seed").values, np.nanstd(last, axis=3), rtol=1e-12)
    assert results.count("loss").item() == 6  # seed 1 logs nan


def test_the_best_run(results):
    values = accuracies(results)

    assert results.best("accuracy") is results[np.unravel_index(np.nanargmax(values), values.shape)]
    assert results.best("accuracy", mode="min") is results[np.unravel_index(np.nanargmin(values), values.shape)]
    assert results.best("val/acc").config.seed == 0
    assert results.best("val/acc", by="min", mode="min").config.seed == 2
    assert results.best("val/acc", by="max").name == "exp_lr=0.2_width=8_seed=0"
    assert results.best("loss", mode="min").config.seed in (0, 2)
    assert results.best(lambda r: -r.config.width).config.width == 8
    assert results[{"width": 16}].best("accuracy").config.width == 16
    assert results.best("ok").result["ok"] is True


def test_what_has_no_best(results):
    with pytest.raises(SelectionError, match="no result and no log has 'acuracy': did you mean 'accuracy'"):
        results.best("acuracy")
    with pytest.raises(SelectionError, match="no result and no log has 'val/ac': did you mean 'val/acc'"):
        results.best("val/ac")
    with pytest.raises(SelectionError, match=r"'note' holds 'text' \(str\), not a number"):
        results.mean("note")
    with pytest.raises(SelectionError, match=r"'curve' holds \[1, 2\] \(list\)"):
        results.best("curve")
    with pytest.raises(SelectionError, match="mode is 'maximum'"):
        results.best("accuracy", mode="maximum")
    with pytest.raises(SelectionError, match="by is 'first'"):
        results.best("val/acc", by="first")
    with pytest.raises(SelectionError, match="no run that passed has a number under 'accuracy'"):
        results[{"status": "failed"}].best("accuracy")
    with pytest.raises(SelectionError, match="no axis 'sed': did you mean 'seed'"):
        results.mean("accuracy", over="sed")
    with pytest.raises(SelectionError, match="no result holds a number"):
        results[{"status": "failed"}].mean()


def test_groups_along_an_axis(results):
    groups = dict(results.groupby("lr"))

    assert list(groups) == [0.1, 0.2]
    assert [group.shape for group in groups.values()] == [(1, 2, 3), (1, 2, 3)]
    assert [len(group) for group in groups.values()] == [6, 5]
    assert type(groups[0.1]) is Results
    assert groups[0.1].mean("accuracy", "seed").dims == ("axis0", "width")
    lonely = results.where({"width": 8})
    assert [width for width, _ in lonely.groupby("width")] == [8]


def test_groups_by_a_key_of_the_configs(results):
    flat = Results(results)

    assert [(lr, len(group)) for lr, group in flat.groupby("optim.lr")] == [(0.1, 6), (0.2, 5)]
    assert [(seed, len(group)) for seed, group in flat.groupby("config.seed")] == [(0, 4), (1, 3), (2, 4)]
    with pytest.raises(SelectionError, match=r"'config.sed' is in no item: did you mean 'config.seed'"):
        list(flat.groupby("sed"))


def test_results_stay_results_and_are_tensors(results):
    for part in (results[0], results[:, 0], results[{"width": 8}], results.sel(lr=0.1), results.squeeze(), results.where({"width": 8}), results["*seed=0"], results[:3]):  # fmt: skip
        if isinstance(part, Tensor):
            assert type(part) is Results
    assert type(results.map(lambda item: item.name)) is Tensor
    for again in (copy.copy(results), pickle.loads(pickle.dumps(results))):
        assert type(again) is Results
        assert again.shape == results.shape
        assert again.mean("accuracy", "seed").equals(results.mean("accuracy", "seed"))
    assert pyexp.Results is Results


def test_holes_are_null_in_the_file_and_absent_when_read(results, swept):
    (batch,) = swept.results()[0].out.parents[0:1]
    runs = json.loads((batch / "runs.json").read_text())

    assert runs["runs"].index(None) == results.cells().index(HOLE) == 7
    assert results[0, 1, 0, 1].status == "absent"
    assert results[0, 1, 0, 1].config == {"axis0": "exp", "optim": {"lr": 0.2}, "width": 8, "seed": 1}
    assert len(results) == 11
    assert swept.run(report_run=True).shape == results.shape
    assert swept.run(continue_run=True)[0, 1, 0, 1].status == "absent"


def test_no_result_is_kept(results, monkeypatch):
    results.best("accuracy")
    results.mean(over="seed")
    results.to_dataframe()
    results._repr_html_()

    assert not any(isinstance(item._value, dict) for item in results)


def test_numbers_that_are_results_themselves(tmp_path):
    results = make_runner(
        lambda config: np.float32(config.x), [{"x": 1.5}, {"x": 2.5}], tmp_path, executor="inline"
    ).run()

    assert results.mean("result").item() == 2
    assert list(results.mean()) == ["result"]
    assert results.best("result", "min").config.x == 1.5


@pytest.mark.parametrize(
    "values",
    [
        np.array([[1.0, np.inf], [2.0, 3.0]]),
        np.array([[np.nan, np.nan], [1.0, 1.0]]),
        1e9 + np.random.default_rng(0).normal(size=(7, 1000)),
        np.random.default_rng(1).lognormal(0, 10, size=(50, 30)),
        np.zeros((3, 1)),
        np.array([[5.0]]),
    ],
)
@pytest.mark.parametrize("axis", [(0,), (1,), (0, 1), ()])
def test_edges_are_as_numpy_has_them(values, axis):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mean, std = np.nanmean(values, axis=axis), np.nanstd(values, axis=axis)

    np.testing.assert_allclose(reduce(np, values, axis, "mean"), mean, rtol=1e-12)
    np.testing.assert_allclose(reduce(np, values, axis, "std"), std, rtol=1e-12, atol=1e-300)
    assert math.isnan(reduce(np, np.array([1.0]), (0,), "sem"))


class Square(pyexp.Experiment):
    def experiment(self):
        self.square = self.cfg.x**2
        self.parts = {"half": self.cfg.x / 2}


def test_results_of_the_class_api(tmp_path):
    runner = pyexp.ExperimentRunner(Square, name="exp", output_dir=tmp_path, executor="inline", stash=False)
    results = runner.run(configs=lambda: pyexp.sweep({}, {"x": [1, 2, 3]}), report=lambda results: results)

    assert results.best("square").square == 9
    assert results.mean("square").item() == pytest.approx(14 / 3, rel=1e-12)
    assert sorted(results.mean(over="x")) == ["parts.half", "square"]
    assert results.best("parts.half", "min").cfg.x == 1


def test_nothing_of_an_extra_is_imported_before_it_is_asked_for():
    code = (
        "import sys, pyexp; r = pyexp.Results([], (0,)); r.plot; r._repr_html_(); pyexp.sweep({}, pyexp.sample(2, {'x': [1, 2]}));"
        "print([m for m in ('numpy', 'pandas', 'xarray', 'plotly', 'yaml', 'asyncio') if m in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)}
    )

    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize("module", ["numpy", "xarray", "pandas", "plotly.graph_objects", "plotly.subplots"])
def test_a_missing_extra_is_named(results, monkeypatch, module):
    calls = {
        "numpy": lambda: results.mean("accuracy"),
        "xarray": lambda: results.curves("loss"),
        "pandas": lambda: results.to_dataframe(tags=True),
        "plotly.graph_objects": results.plot.scatter,
        "plotly.subplots": results.plot.curves,
    }
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(MissingExtraError, match=r"pip install \"pyexp\[(analysis|viewer)\]\""):
        calls[module]()

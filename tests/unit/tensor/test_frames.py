import math
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from pyexp.config.config import Config
from pyexp.errors import DamagedFileError, MissingExtraError, SelectionError
from pyexp.sweeps.sweep import sweep
from pyexp.tensor.tensor import Tensor


def run(config, result=None, status="passed"):
    return SimpleNamespace(
        name=config.name, status=status, duration=2.0, config=Config(config, out="/x"), result=result
    )


class Damaged:
    name, status, duration, result = "broken", "passed", 1.0, 5

    @property
    def config(self):
        raise DamagedFileError("config.json is cut short")


@pytest.fixture
def results():
    configs = sweep(
        sweep([{"name": "e", "m": {"w": 8}}], {"lr": [0.1, 0.2]}), [{"name": "a", "k": [1]}, {"name": "b", "k": [2]}]
    )
    runs = [run(config, {"acc": config.lr, "deep": {"x": 1}}) for config in configs]
    runs[3] = run(configs[3], None, "failed")
    return Tensor(runs, configs.shape, configs.axes)


def test_one_row_per_run_with_dotted_columns(results):
    frame = results.to_dataframe()

    assert list(frame.columns) == [
        "name", "status", "duration", "m.w", "lr", "k", "result.acc", "result.deep.x",
    ]  # fmt: skip
    assert frame.loc[1].to_dict() == {
        "name": "e_lr=0.1_b", "status": "passed", "duration": 2.0, "m.w": 8, "lr": 0.1, "k": [2],
        "result.acc": 0.1, "result.deep.x": 1,
    }  # fmt: skip
    assert frame["status"].tolist() == ["passed"] * 3 + ["failed"]
    assert math.isnan(frame["result.acc"][3])


def test_scalar_results_and_config_keys_that_clash():
    config = Config(name="a", status="odd", result=1, duration={"x": 2}, empty={})
    frame = Tensor([run(config, 5)]).to_dataframe()

    assert frame.loc[0].to_dict() == {
        "name": "a", "status": "passed", "duration": 2.0, "config.status": "odd", "config.result": 1,
        "duration.x": 2, "empty": {}, "result": 5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("results", "column"), [([5, None, {"a": 1}], [5, None, None]), ([None, None, None], None), ([{}, {"a": 1}], None)]
)
def test_results_that_are_no_mappings_have_a_column_where_there_are_some(results, column):
    runs = [run(Config(name=f"r{place}"), result) for place, result in enumerate(results)]
    frame = Tensor(runs).to_dataframe()

    assert ("result" in frame) == (column is not None)
    if column is not None:
        assert frame["result"].astype(object).where(frame["result"].notna(), None).tolist() == column


def test_damaged_configs_leave_their_columns_empty(results):
    with pytest.warns(UserWarning, match="'broken'.*cut short"):
        frame = Tensor([results[0], Damaged()]).to_dataframe()

    assert frame["name"].tolist() == ["e_lr=0.1_a", "broken"]
    assert math.isnan(frame["lr"][1])


def test_labelled_array(results):
    array = results.to_xarray("result.acc")

    assert array.dims == ("axis0", "lr", "k")
    assert array.shape == (1, 2, 2)
    assert array.sel(lr=0.1, k="[1]").values.tolist() == [0.1]
    assert math.isnan(array[0, 1, 1])
    assert array.name == "result.acc"


@pytest.mark.parametrize("key", ["acc", "result.acc", lambda item: item.result["acc"]])
def test_keys_of_a_labelled_array(results, key):
    assert results.to_xarray(key).values[0, 0].tolist() == [0.1, 0.1]


@pytest.mark.parametrize("is_missing", [False, True])
@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([[1, 2], [3, 4], [5, 6]], "O"),
        ([[1], [2, 3], []], "O"),
        (["a", "b", "c"], "O"),
        ([{"x": 1}, (1, 2), None], "O"),
        ([np.zeros((2, 3)), np.zeros((2, 4)), np.zeros(2)], "O"),
        ([np.array([1]), np.array([2]), np.array([3])], "O"),
        ([np.datetime64("2024-01-01"), np.datetime64("2025-01-01"), "never"], "O"),
        ([1, "a", 2.5], "O"),
        ([1, 2, 3], "i"),
        ([1.5, 2, True], "f"),
        ([np.float32(1), np.array(2.0), np.int64(3)], "f"),
        ([1j, 2, 3], "c"),
        ([True, False, True], "b"),
    ],
)
def test_labelled_array_has_one_entry_per_item(values, kind, is_missing):
    runs = [run(Config(name=f"r{place}"), {"key": value}) for place, value in enumerate(values)]
    runs += [run(Config(name="last"), None, "failed") if is_missing else runs[0]]
    array = Tensor(runs, (2, 2)).to_xarray("key").values

    assert array.shape == (2, 2)
    assert array.dtype.kind == ("f" if is_missing and kind in "ib" else kind)
    assert all(found is value or np.array_equal(found, value) for found, value in zip(array.flat, values, strict=False))
    assert not is_missing or array[1, 1] is None or np.isnan(array[1, 1])


def test_labelled_array_of_configs_and_of_config_keys(results):
    assert results.to_xarray("config.lr").values[0].tolist() == [[0.1, 0.1], [0.2, 0.2]]
    assert Tensor([{"status": 1, "x": 2}]).to_xarray("x").values.tolist() == [2]


def test_labelled_array_of_an_unknown_key(results):
    with pytest.raises(SelectionError, match=r"'result.ac' is in no item: did you mean 'result.acc'"):
        results.to_xarray("result.ac")
    failed = Tensor([results[3]]).to_xarray("result.acc")
    assert math.isnan(failed.item())


def test_labelled_array_with_a_damaged_config(results):
    with pytest.warns(UserWarning, match="cut short"):
        values = Tensor([results[0], Damaged()]).to_xarray("config.lr").values.tolist()

    assert values[0] == 0.1
    assert math.isnan(values[1])


@pytest.mark.parametrize(("module", "ask"), [("pandas", Tensor.to_dataframe), ("xarray", lambda t: t.to_xarray("a"))])
def test_a_missing_extra_is_named(monkeypatch, module, ask):
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(MissingExtraError, match=r"pyexp\[analysis\]"):
        ask(Tensor([{"a": 1}]))

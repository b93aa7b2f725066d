from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pyexp.config.config import Config
from pyexp.errors import DamagedFileError, SelectionError
from pyexp.sweeps.sweep import sweep
from pyexp.tensor.tensor import Tensor


def result(name, status="passed", result=None, **config):
    return SimpleNamespace(name=name, status=status, result=result, duration=1.0, error=None, config=Config(config))


def measured(config):
    return result(config.name, result={"acc": config.lr * config.epochs}, lr=config.lr, epochs=config.epochs)


@pytest.fixture
def results():
    configs = sweep([{"name": "exp"}], {"lr": [0.1, 0.01, 1.0]})
    configs = sweep(configs, [{"name": "e10", "epochs": 10}, {"name": "e100", "epochs": 100}])
    return configs.map(measured)


class Damaged:
    name, status, result = "broken", "passed", None

    @property
    def config(self):
        raise DamagedFileError("config.json of 'broken' is cut short")


def names(tensor):
    return [item.name for item in tensor]


def test_exact_name_gives_the_item_and_beats_a_glob():
    t = Tensor([result("a*"), result("ab")])

    assert t["a*"].name == "a*"
    assert names(t["a?"]) == ["a*", "ab"]


def test_globs_keep_the_shape_of_a_sub_grid(results):
    assert results["*_e10"].shape == (1, 3, 1)
    assert results["exp_lr=0.1_*"].axes == {"axis0": ["exp"], "lr": [0.1], "epochs": [10, 100]}
    assert results["nothing*"].shape == (0,)


def test_unknown_or_shared_name(results):
    with pytest.raises(SelectionError, match=r"did you mean 'exp_lr=0\.1_e10'"):
        results["exp_lr=0.1_e1"]
    with pytest.raises(KeyError, match=r"2 items are named 'a', at \[0, 1\]"):
        Tensor([result("a", x=1), result("a", x=2)])["a"]


@pytest.mark.parametrize(
    ("query", "shape"),
    [
        ({"config.lr": 0.1}, (1, 1, 2)),
        ({"cfg.lr": 0.1, "config.epochs": 10}, (1, 1, 1)),
        ({"status": "passed"}, (1, 3, 2)),
        ({"result.acc": 1.0}, (2,)),
        ({"config.lr": lambda lr: lr < 0.5}, (1, 2, 2)),
        ({"config.lr": np.float64(0.1)}, (1, 1, 2)),
        ({"name": "exp_lr=1.0_e10"}, (1, 1, 1)),
        ({"config.lr": 7}, (0,)),
        ({}, (1, 3, 2)),
    ],
)
def test_queries(results, query, shape):
    assert results[query].shape == shape


def test_matches_that_are_no_grid_are_flat_and_exact(results):
    picked = results[{"result.acc": lambda acc: acc <= 1}]

    assert picked.shape == (3,)
    assert names(picked) == ["exp_lr=0.1_e10", "exp_lr=0.01_e10", "exp_lr=0.01_e100"]


@pytest.mark.parametrize(
    ("stored", "wanted", "matches"),
    [
        (1, True, False),
        (True, 1, False),
        (True, np.bool_(True), True),
        (1, 1.0, True),
        (0.1, np.float64(0.1), True),
        ([1, 2], (1, 2), True),
        ([1, True], [1, 1], False),
        ([1, 2], np.array([1, 2]), True),
        (float("nan"), float("nan"), True),
        (None, None, True),
        (None, 0, False),
        ({"a": [1]}, {"a": (1,)}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 2}}, True),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": lambda c: c > 2}}, False),
        ({"a": 1}, {}, False),
        ({}, {}, True),
        ({"a.b": 1}, {"a.b": 1}, True),
        ({3: 1}, {3: 1}, True),
        (Path("a"), Path("a"), True),
        ({1, 2}, {2, 1}, True),
        ("a", 1, False),
    ],
)
def test_equality_of_a_query(stored, wanted, matches):
    assert len(Tensor([{"k": stored}])[{"k": wanted}]) == matches
    assert len(Tensor([result("a", k=stored)])[{"config.k": wanted}]) == matches


def test_an_object_whose_equality_is_no_truth_value_does_not_match():
    class Odd:
        def __eq__(self, other):
            raise ValueError("ambiguous")

        __hash__ = None

    assert len(Tensor([{"k": Odd()}])[{"k": 1}]) == 0


def test_configs_are_queried_by_bare_and_dotted_keys():
    t = Tensor([{"m": {"w": 1}}, {"m": {"w": 2}}, {"m.w": 2}, {"m": 3}])

    assert list(t[{"m.w": 2}]) == [{"m": {"w": 2}}, {"m.w": 2}]


def test_items_without_the_key_do_not_match():
    t = Tensor([result("a", x=1), result("b"), result("c", result={"acc": 1})])

    assert names(t[{"config.x": 1}]) == ["a"]
    assert names(t[{"result.acc": 1}]) == ["c"]
    assert names(t[{"config": {}}]) == ["b", "c"]


@pytest.mark.parametrize("key", ["config.learning_rat", "nothing", "config._x", "_private", "name.__class__", 3])
def test_a_key_that_no_item_has_is_an_error(key):
    with pytest.raises(SelectionError, match="query key"):
        Tensor([result("a", learning_rate=1)])[{key: 1}]


def test_the_error_names_the_nearest_key(results):
    with pytest.raises(SelectionError, match=r"'lrr' is in no item: did you mean 'lr'"):
        results[{"lrr": 0.1}]
    with pytest.raises(SelectionError, match=r"did you mean 'config\.epochs'"):
        results[{"config.epoch": 1}]


def test_a_query_of_nothing_finds_nothing():
    assert len(Tensor([])[{"x": 1}]) == 0


def test_a_damaged_config_warns_and_never_matches():
    t = Tensor([Damaged(), result("a", x=1)])

    with pytest.warns(UserWarning, match="1 items are left out.*cut short") as caught:
        assert names(t[{"config.x": 1}]) == ["a"]
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="cut short"):
        assert len(t[{"config.y": 1}]) == 0
    assert names(t[{"name": "broken"}]) == ["broken"]


def test_results_are_asked_for_config_keys_without_their_prefix(results):
    assert names(results[{"lr": 0.1}]) == names(results[{"config.lr": 0.1}])
    assert names(results[{"lr": lambda lr: lr < 0.1, "epochs": 10}]) == names(results[{"cfg.lr": lambda lr: lr < 0.1, "config.epochs": 10}])  # fmt: skip
    nested = Tensor([result("a", mlp={"width": 8, "act": {"kind": "relu"}}), result("b", mlp={"width": 16})])
    assert names(nested[{"mlp.width": 8}]) == names(nested[{"mlp": {"width": 8}}]) == ["a"]
    assert names(nested[{"config": {"mlp": {"width": lambda width: width > 8}}}]) == ["b"]
    assert names(nested[{"mlp": {"act.kind": "relu"}}]) == ["a"]


def test_a_field_of_the_result_comes_before_a_key_of_the_config():
    item = result("a")
    item.config["status"] = "odd"

    assert len(Tensor([item])[{"status": "odd"}]) == 0
    assert names(Tensor([item])[{"config.status": "odd"}]) == ["a"]


def test_a_function_of_the_item_chooses(results):
    picked = results[lambda r: r.config["lr"] == 0.1]

    assert picked.shape == results[{"config.lr": 0.1}].shape
    assert len(results[lambda _: False]) == 0
    assert Tensor([{"name": "a", "lr": 1}, {"name": "b", "lr": 2}])[lambda c: c["lr"] > 1].item()["name"] == "b"


def test_a_nested_key_that_no_item_has_is_an_error(results):
    with pytest.raises(SelectionError, match=r"'mlp\.widht' is in no item: did you mean 'mlp\.width'"):
        Tensor([{"mlp": {"width": 1}}])[{"mlp": {"widht": 1}}]

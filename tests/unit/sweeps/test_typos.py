"""New keys near one that the configs have are refused; honest neighbours are not."""

from __future__ import annotations

import pytest

from pyexp.config.merge import merge
from pyexp.errors import ConfigError
from pyexp.sweeps.sweep import sweep
from pyexp.sweeps.typos import edits, is_near

SLIPS = [
    ("widht", "width"), ("wdith", "width"), ("widthh", "width"), ("wxdth", "width"), ("depht", "depth"),
    ("learing_rate", "learning_rate"), ("learnin_rat", "learning_rate"), ("learning_rte", "learning_rate"), ("laerning_raet", "learning_rate"),
    ("lr", "learning_rate"), ("learning_rate", "lr"), ("bs", "batch_size"), ("wd", "weight_decay"), ("batchsize", "batch_size"),
    ("Learning_rate", "learning_rate"), ("dropout1_rte", "dropout1_rate"), ("momentun", "momentum"), ("epoch_", "epoch"),
]  # fmt: skip
HONEST = [
    ("beta1", "beta2"), ("layer1_width", "layer2_width"), ("conv2d_width", "conv3d_width"), ("block10", "block1"),
    ("layer", "layers"), ("layers", "layer"), ("learning_rates", "learning_rate"), ("mode", "model"), ("model", "mode"),
    ("base_lr", "learning_rate"), ("learning_rate", "base_lr"), ("widt", "width"), ("encoder", "decoder"), ("depth", "width"),
    ("lr", "lrs"), ("a", "b"), ("l", "lr"), ("train_size", "test_size"), ("epochs", "epoch"), ("x_min", "x_max"),
]  # fmt: skip


@pytest.mark.parametrize(("new", "known"), SLIPS)
def test_a_slip_is_refused_and_may_be_meant(new, known):
    with pytest.raises(
        ConfigError,
        match=f"key '{new}' is new, and near '{known}', which the configs have: write '{known}', or '[+]{new}'",
    ):
        sweep([{"name": "exp", known: 1, "other": 2}], {new: [3]})

    meant = sweep([{"name": "exp", known: 1}], {f"+{new}": [3]})
    assert meant[0][new] == 3
    assert meant.axes == {"axis0": ["exp"], new: [3]}
    assert meant[0].name == f"exp_{new}=3"


@pytest.mark.parametrize(("new", "known"), HONEST)
def test_an_honest_neighbour_is_added(new, known):
    assert sweep([{"name": "exp", known: 1}], {new: [3]})[0][new] == 3


def test_only_keys_below_the_same_parent_are_near():
    base = [{"name": "exp", "model": {"width": 1}, "depth": 2}]

    assert sweep(base, {"widht": [3]})[0].widht == 3
    assert sweep(base, {"modle.width": [3]})[0].modle.width == 3
    assert sweep(base, {"model.depht": [3]})[0].model.depht == 3
    with pytest.raises(ConfigError, match=r"'model.widht' is new, and near 'model.width'"):
        sweep(base, {"model.widht": [3]})
    with pytest.raises(ConfigError, match=r"'model.widht' is new, and near 'model.width'.*'[+][*][*]model'"):
        sweep(base, [{"name": "x", "**model": {"widht": 3}}])
    assert sweep(base, [{"name": "x", "+**model": {"widht": 3}}])[0].model == {"width": 1, "widht": 3}
    assert sweep(base, [{"name": "x", "model": {"widht": 3}}])[0].model == {"widht": 3}


def test_every_form_of_variations_is_looked_at():
    base = [{"name": "a", "epochs": 1}, {"name": "b", "width": 1}]

    with pytest.raises(ConfigError, match="near 'width'"):
        sweep(base, [{"name": "ok", "epochs": 2}, {"name": "slip", "widht": 2}])
    with pytest.raises(ConfigError, match="near 'width'"):
        sweep(base, {"epochs": [2], "widht": [2]})
    assert sweep(base, {"width": [2]})[0].width == 2  # one config has it


def test_keys_of_one_sweep_are_not_compared_with_each_other():
    assert sweep([{}], {"width": [1], "widht": [2]})[0] == {"name": "width=1_widht=2", "width": 1, "widht": 2}


def test_a_key_that_begins_with_a_plus_stays_what_it_is():
    assert sweep([{"+x": 1}], {"+x": [2]})[0]["+x"] == 2


def test_merging_refuses_nothing():
    assert merge({"width": 1}, {"widht": 2}) == {"width": 1, "widht": 2}
    assert merge({"m": {"width": 1}}, {"**m": {"widht": 2}}).m == {"width": 1, "widht": 2}
    assert merge({}, {"+x": 1}) == {"+x": 1}


@pytest.mark.parametrize("below", [None, {}])
def test_a_dotted_key_below_none_makes_the_dict(below):
    base = [{"name": "exp", "model": below, "deep": {"er": None}}]

    assert sweep(base, {"model.width": [3]})[0].model == {"width": 3}
    assert sweep(base, {"model.a.b": [3]})[0].model.a.b == 3
    assert sweep(base, {"deep.er.x": [3]})[0].deep.er.x == 3
    assert merge({"model": below}, {"**model": {"width": 3}}).model == {"width": 3}
    assert merge({"model": below}, {"**model.a": {"width": 3}}).model.a.width == 3
    assert base[0]["model"] == below
    with pytest.raises(ConfigError, match="which is 3"):
        merge({"model": 3}, {"model.width": 3})


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("ca", "abc", 3), ("kitten", "sitting", 3), ("ab", "ba", 1), ("abcd", "badc", 2)],
)  # fmt: skip
def test_edits(one, other, count):
    assert edits(one, other) == edits(other, one) == count
    assert is_near(one, one) is False

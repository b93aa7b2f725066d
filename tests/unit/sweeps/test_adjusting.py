from __future__ import annotations

import pytest

from pyexp import parse_value, sweep
from pyexp.errors import ConfigError, ConfigValueTypeError
from pyexp.sweeps.identity import prepare_configs


def grid():
    return sweep([{"name": "exp", "epochs": 1}], {"lr": [0.1, 0.2, 0.3], "width": [8, 16, 32]})


def names(configs):
    return [config["name"] for config in configs]


def test_a_value_is_set_in_every_config_and_added_to_the_names_of_users():
    configs = prepare_configs([{"name": "a", "lr": 1.0}, {"name": "b", "lr": 1.0, "x": 1}], values={"lr": 0.5})
    assert [config["lr"] for config in configs] == [0.5, 0.5]
    assert names(configs) == ["a_lr=0.5", "b_lr=0.5"]


def test_a_name_stays_where_the_value_was_the_same():
    assert names(prepare_configs([{"name": "a", "lr": 0.5}, {"name": "b", "lr": 1}], values={"lr": 0.5})) == [
        "a",
    ]


def test_a_key_that_is_an_axis_fixes_it():
    configs = prepare_configs(grid(), values={"lr": 0.2})
    assert configs.shape == (1, 1, 3)
    assert configs.axes["lr"] == [0.2]
    assert names(configs) == ["exp_lr=0.2_width=8", "exp_lr=0.2_width=16", "exp_lr=0.2_width=32"]


def test_configs_that_become_equal_are_merged_and_replicates_stay():
    configs = prepare_configs([{"lr": 1}, {"lr": 2}, {"lr": 2, "seed": 1}], values={"lr": 5})
    assert [config.to_dict() for config in configs] == [
        {"name": "config0", "lr": 5},
        {"name": "config1", "lr": 5, "seed": 1},
    ]
    same = [{"name": "a", "lr": 1}, {"name": "b", "lr": 1}, {"name": "c", "lr": 2}]
    assert names(prepare_configs(same, values={"lr": 5})) == ["a_lr=5", "b_lr=5"]


def test_what_becomes_equal_across_axes_leaves_a_hole():
    base = [{"name": "a", "x": 1}, {"name": "b", "x": 2, "w": 16}]
    configs = prepare_configs(sweep(base, {"w": [8, 16]}), values={"x": 0})
    assert configs.shape == (1, 2)
    pairs = sweep([{"name": "a"}, {"name": "b"}], [{"p": 1, "q": 1}, {"p": 2, "q": 1}, {"p": 1, "q": 2}])
    assert len(prepare_configs(pairs, values={"p": 3})) == 4


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lr=0.1", "lr=0.5"),
        ("exp_lr=0.1", "exp_lr=0.5"),
        ("lr=0.1,width=8", "lr=0.5,width=8"),
        ("base_lr=0.1", "base_lr=0.5"),
        ("lr=0.12", "lr=0.12_lr=0.5"),
        ("slr=0.1", "slr=0.1_lr=0.5"),
    ],
)
def test_names_made_of_values_follow_them(name, expected):
    (config,) = prepare_configs([{"name": name, "lr": 0.1, "width": 8}], values={"lr": 0.5})
    assert config.name == expected


def test_dotted_names_follow_too_also_short_ones():
    base = [{"optim": {"lr": 1.0}, "net": {"width": 8}}]
    for short in (False, True):
        configs = prepare_configs(sweep(base, {"optim.lr": [0.1, 0.2]}, short_names=short), values={"optim.lr": 3.0})
        assert names(configs) == ["lr=3.0" if short else "optim.lr=3.0"]


@pytest.mark.parametrize("key", ["name", "out", "+name", "+out", "**out", "name.x"])
def test_reserved_keys_are_refused(key):
    with pytest.raises(ConfigError, match="cannot be set"):
        prepare_configs([{"x": 1}], values={key: "x"})
    with pytest.raises(ConfigError, match="cannot be set"):
        prepare_configs([{"x": 1}], axes={key: ["x"]})


def test_an_unknown_key_is_refused_with_the_nearest_and_plus_adds_it():
    with pytest.raises(ConfigError, match=r"no config has the key 'epoch'.*did you mean 'epochs'.*'\+epoch' adds it"):
        prepare_configs(grid(), values={"epoch": 3})
    assert prepare_configs([{"x": 1}], values={"+epoch": 3})[0].epoch == 3


def test_a_value_that_configs_cannot_hold_is_refused():
    with pytest.raises(ConfigValueTypeError, match="set: key 'x' holds"):
        prepare_configs([{"x": 1}], values={"x": print})
    with pytest.raises(ConfigValueTypeError, match="holds"):
        prepare_configs([{"x": 1}], axes={"x": [print]})


def test_an_axis_is_added():
    configs = prepare_configs(grid(), axes={"seed": [0, 1]})
    assert configs.shape == (1, 3, 3, 2)
    assert configs.axes["seed"] == [0, 1]
    assert names(configs)[:2] == ["exp_lr=0.1_width=8_seed=0", "exp_lr=0.1_width=8_seed=1"]


def test_an_axis_is_replaced_where_it_is():
    configs = prepare_configs(grid(), axes={"lr": [1.0, 2.0]})
    assert list(configs.axes) == ["axis0", "lr", "width"]
    assert configs.axes["lr"] == [1.0, 2.0]
    assert names(configs)[::3] == ["exp_lr=1.0_width=8", "exp_lr=2.0_width=8"]
    assert [config.lr for config in configs] == [1.0] * 3 + [2.0] * 3


def test_an_axis_that_holds_more_than_its_key_is_not_replaced():
    mixed = sweep([{}], [{"lr": 1, "w": 1}, {"lr": 2, "w": 2}], axis="lr")
    with pytest.raises(ConfigError, match="differ in more than this key"):
        prepare_configs(mixed, axes={"lr": [3, 4]})


def test_an_empty_axis_is_refused():
    with pytest.raises(ConfigError, match="empty"):
        prepare_configs(grid(), axes={"lr": []})
    with pytest.raises(ConfigError, match="empty"):
        prepare_configs(grid(), axes={"seed": []})


def test_values_are_as_in_yaml():
    assert prepare_configs([{"lr": 1}], values={"lr": parse_value("1e-3")})[0].lr == 0.001

"""Sweeps over several keys, paired, drawn and with places left out."""

from __future__ import annotations

import numpy as np
import pytest

import pyexp
from pyexp.errors import ConfigError, ConfigValueTypeError, DuplicateConfigError
from pyexp.sweeps.identity import prepare_configs
from pyexp.sweeps.sweep import sweep
from pyexp.sweeps.variations import sample, zipped


def names(tensor) -> list[str]:
    return [config.name for config in tensor]


def test_a_dict_of_several_keys_is_an_axis_per_key():
    configs = sweep([{"name": "exp"}], {"lr": [0.1, 0.2], "model.width": [8, 16, 32]})

    assert configs.axes == {"axis0": ["exp"], "lr": [0.1, 0.2], "model.width": [8, 16, 32]}
    assert configs[0, 1, 2] == {"name": "exp_lr=0.2_model.width=32", "lr": 0.2, "model": {"width": 32}}
    assert configs == sweep(sweep([{"name": "exp"}], {"lr": [0.1, 0.2]}), {"model.width": [8, 16, 32]})
    assert sweep({}, {"lr": np.array([0.1]), "seed": range(2)}).shape == (1, 1, 2)


def test_one_name_is_not_for_several_axes():
    assert sweep({}, {"lr": [1, 2]}, axis="rate").axes == {"axis0": ["config0"], "rate": [1, 2]}
    with pytest.raises(ConfigError, match="axis is 'rate' for 2 dimensions: their keys name them"):
        sweep({}, {"lr": [1, 2], "wd": [1]}, axis="rate")


def test_zipped_keys_share_an_axis():
    configs = sweep([{"name": "exp"}], zipped({"lr": [0.1, 0.2], "batch": (16, 64)}), axis="size")

    assert configs.shape == (1, 2)
    assert names(configs) == ["exp_lr=0.1,batch=16", "exp_lr=0.2,batch=64"]
    assert [(config.lr, config.batch) for config in configs] == [(0.1, 16), (0.2, 64)]
    assert type(zipped({"x": np.linspace(0, 1, 2)})[1]["x"]) is float
    assert zipped({"lr": [1, 2]}) == [{"lr": 1}, {"lr": 2}]


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"lr": [1, 2], "wd": [1]}, ConfigError, r"lengths \{'lr': 2, 'wd': 1\}: pair lists of one length"),
        ({}, ConfigError, "nothing would vary"),
        ([1], ConfigValueTypeError, "not a dict of lists by key"),
        ({"lr": "ab"}, ConfigValueTypeError, "the values of 'lr' are 'ab'"),
        ({"lr": 3}, ConfigValueTypeError, "not a list"),
    ],
)
def test_what_cannot_be_paired(values, error, message):
    with pytest.raises(error, match=message):
        zipped(values)


@pytest.fixture
def stats():
    """SciPy's distributions, which take a second to import."""
    import scipy.stats

    return scipy.stats


@pytest.mark.slow
def test_samples_are_the_same_again_and_a_larger_one_begins_with_them(stats):
    space = {
        "lr": stats.loguniform(1e-5, 1e-1),
        "width": [16, 32],
        "depth": range(1, 9),
        "drop": stats.uniform(),
    }

    drawn = sample(20, space, seed=3)

    assert drawn == sample(20, space, seed=3)
    assert drawn[:5] == sample(5, space, seed=3)
    assert drawn != sample(20, space, seed=4)
    assert all(1e-5 <= each["lr"] <= 1e-1 and each["width"] in (16, 32) and type(each["lr"]) is float for each in drawn)
    assert list(drawn[0]) == list(space)
    assert len(prepare_configs(sweep([{"name": "exp"}], drawn, axis="draw"))) == 20


@pytest.mark.slow
def test_a_sample_draws_fairly(stats):
    values = [each["x"] for each in sample(2_000, {"x": ["a", "b", "c", "d"], "y": stats.norm()})]

    assert all(400 < values.count(letter) < 600 for letter in "abcd")


class Coin:
    """Anything that has `rvs`."""

    def rvs(self, random_state=None):
        return random_state.randint(2)


def test_samples_are_different_and_all_can_be_drawn(stats):
    grid = sample(12, {"a": [1, 2, 3], "b": ["x", "y"], "c": [True, False]})

    assert len({tuple(each.values()) for each in grid}) == 12
    assert {each["a"] for each in sample(2, {"a": Coin()})} == {0, 1}
    assert sorted(each["n"] for each in sample(6, {"n": stats.randint(0, 6)})) == list(range(6))
    assert [type(each["p"]) for each in sample(1, {"p": [np.float32(1)]})] == [float]


@pytest.mark.parametrize(
    ("n", "values", "error", "message"),
    [
        (13, {"a": [1, 2, 3], "b": [1, 2]}, ConfigError, "only 6 different variations were found, and n is 13"),
        (3, {"a": Coin()}, ConfigError, "only 2 different variations were found"),
        (1_000_000, {"a": [1, 1]}, ConfigError, "only 1 different"),
        (0, {"a": [1]}, ConfigError, "n is 0, not a positive number"),
        (2.0, {"a": [1]}, ConfigError, "n is 2.0"),
        (True, {"a": [1]}, ConfigError, "n is True"),
        (1, {"a": []}, ConfigError, "the values of 'a' are empty"),
        (1, {}, ConfigError, "nothing would vary"),
        (1, {"a": 3}, ConfigValueTypeError, "not a list"),
        (1, {"a": [print]}, ConfigValueTypeError, "sample: key 'a' holds"),
    ],
)
def test_what_cannot_be_drawn(n, values, error, message):
    with pytest.raises(error, match=message):
        sample(n, values)


def test_holes_stay_through_sweeps_and_names():
    configs = sweep([{"name": "exp"}], {"lr": [1, 2], "wd": [1, 2]}).where(lambda c: c.lr >= c.wd)
    configs = sweep(configs, {"seed": [0, 1]})

    assert configs.shape == (1, 2, 2, 2)
    assert len(configs) == 6
    assert configs[0, 0, 1, 0].status == "absent"
    assert configs[0, 1, 1, 1].name == "exp_lr=2_wd=2_seed=1"
    prepared = prepare_configs(configs)
    assert prepared.cells()[2:4] == configs.cells()[2:4]
    assert names(prepared) == names(configs)
    with pytest.raises(DuplicateConfigError):
        prepare_configs(sweep([{"name": "a"}, {"name": "a"}], {"x": [1]}))


@pytest.mark.parametrize(
    ("base", "keys", "expected"),
    [
        ({"optim": {"lr": 1}}, {"optim.lr": [2]}, "lr=2"),
        ({"optim": {"lr": 1}, "sched": {"lr": 1}}, {"optim.lr": [2]}, "optim.lr=2"),
        ({}, {"a.b.width": [1], "c.b.width": [2]}, "a.b.width=1_c.b.width=2"),
        ({}, {"a.b.width": [1], "a.c.width": [2]}, "b.width=1_c.width=2"),
        ({"seed": 0}, {"seed": [2]}, "seed=2"),
        ({"model": {"kind": "x"}}, {"model.kind": ["y"], "+data.name": ["z"]}, "kind=y_data.name=z"),
        ({"lr": 1}, {"optim.lr": [1]}, "optim.lr=1"),
        ({}, {"**a.model": [{"width": 1}]}, "model={width=1}"),
    ],
)
def test_short_names_are_unique_ends(base, keys, expected):
    named = {"name": None} | base

    assert sweep(named, keys, short_names=True)[0].name == expected


def test_without_short_names_the_whole_key_is_the_name():
    assert sweep({}, {"optim.lr": [2]})[0].name == "optim.lr=2"


def test_the_public_names():
    assert (pyexp.zipped, pyexp.sample) == (zipped, sample)

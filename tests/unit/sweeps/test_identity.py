import numpy as np
import pytest

from pyexp.config.config import Config
from pyexp.errors import ConfigError, ConfigValueTypeError, DuplicateConfigError, NoConfigsError
from pyexp.sweeps.identity import check_duplicates, prepare_configs
from pyexp.sweeps.sweep import sweep
from pyexp.tensor.tensor import Tensor


@pytest.mark.parametrize(
    "value",
    [
        [{"name": "a"}, {"x": 1}],
        ({"name": "a"}, {"x": 1}),
        (config for config in [{"name": "a"}, {"x": 1}]),
        Tensor([{"name": "a"}, Config(x=1)]),
    ],
    ids=["list", "tuple", "generator", "tensor"],
)
def test_what_a_user_returns(value):
    configs = prepare_configs(value)

    assert list(configs) == [{"name": "a"}, {"name": "config1", "x": 1}]
    assert {type(config) for config in configs} == {Config}
    assert configs.shape == (2,)


def test_one_dict_is_one_config():
    assert prepare_configs({"x": 1}).axes == {"axis0": ["config0"]}


def test_a_sweep_keeps_its_shape_and_axes():
    swept = sweep([{"name": "a"}], {"x": [1, 2]})

    assert prepare_configs(swept) == swept
    assert prepare_configs(swept).axes == swept.axes


def test_coordinates_are_checked_like_values():
    tensor = Tensor([{"x": 1}], axes={"out": [np.float64(0.5)]})

    assert [type(value) for value in prepare_configs(tensor).axes["out"]] == [float]
    with pytest.raises(ConfigValueTypeError, match=r"the axes of the configs: key 'x\[0\]' holds"):
        prepare_configs(Tensor([{"x": 1}], axes={"x": [print]}))


def test_nothing_is_shared_with_the_user():
    layers = [1]
    prepare_configs([{"layers": layers}])[0].layers.append(2)

    assert layers == [1]


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (None, NoConfigsError, "configs are None"),
        ([], NoConfigsError, "configs are empty"),
        (Tensor([]), NoConfigsError, "configs are empty"),
        ("abc", ConfigValueTypeError, "configs are 'abc'"),
        (3, ConfigValueTypeError, "configs are 3"),
        ([{}, [1]], ConfigValueTypeError, "position 1 is"),
        ([{"name": "f", "m": {"x": print}}], ConfigValueTypeError, r"config 'f' \(position 0\): key 'm.x'"),
        ([{}, {"x": print}], ConfigValueTypeError, r"config at position 1: key 'x'"),
        ([{"name": "f", "out": 1}], ConfigError, "'out' is reserved"),
        ([{"name": "f", "x": 1}, {"name": "g", "x": 1}, {"x": 1, "name": "f"}], DuplicateConfigError, "0 and 2.*'f'"),
    ],
)
def test_bad_configs(value, error, message):
    with pytest.raises(error, match=message):
        prepare_configs(value)


def test_same_values_of_other_names_or_types_are_no_duplicates():
    check_duplicates([{"name": "a", "x": 1}, {"name": "b", "x": 1}, {"name": "a", "x": 1.0}, {"name": "a", "x": True}])

import numpy as np
import pytest

from pyexp.errors import ConfigError, ConfigValueTypeError, NoConfigsError
from pyexp.sweeps.sweep import sweep
from pyexp.tensor.tensor import Tensor


def names(tensor):
    return [config.name for config in tensor]


def test_seed_example():
    configs = sweep(
        [{"name": "exp", "base_lr": 0.01}],
        [{"name": "lr0.1", "learning_rate": 0.1}, {"name": "lr0.01", "learning_rate": 0.01}],
    )
    configs = sweep(configs, [{"name": "e10", "epochs": 10}, {"name": "e100", "epochs": 100}])

    assert configs.shape == (1, 2, 2)
    assert names(configs) == ["exp_lr0.1_e10", "exp_lr0.1_e100", "exp_lr0.01_e10", "exp_lr0.01_e100"]
    assert configs.axes == {"axis0": ["exp"], "learning_rate": [0.1, 0.01], "epochs": [10, 100]}
    assert configs.sel(learning_rate=0.1, epochs=100)[0].name == "exp_lr0.1_e100"
    assert configs[0, 1, 0] == {"name": "exp_lr0.01_e10", "base_lr": 0.01, "learning_rate": 0.01, "epochs": 10}


def test_dotted_and_deep_keys():
    base = [{"name": "exp", "mlp": {"width": 32, "depth": 2}}]

    dotted = sweep(base, [{"name": "w64", "mlp.width": 64}])
    deep = sweep(base, [{"name": "t", "**mlp": {"width": 64, "act": "relu"}}])

    assert dotted[0].mlp == {"width": 64, "depth": 2}
    assert deep[0].mlp == {"width": 64, "depth": 2, "act": "relu"}
    assert deep.axes == {"axis0": ["exp"], "mlp": ["t"]}


def test_short_form_names_by_value():
    configs = sweep([{"name": "exp"}], {"model.layers": [[64, 64], (3,), None, True, "x"]})

    assert names(configs) == [f"exp_model.layers={text}" for text in ("[64,64]", "[3]", "None", "True", "x")]
    assert configs.axes["model.layers"] == [[64, 64], (3,), None, True, "x"]


@pytest.mark.parametrize("values", [range(2), (v for v in (0, 1)), np.arange(2), {0: 0, 1: 1}.keys()])
def test_short_form_takes_any_iterable_and_numpy_becomes_python(values):
    configs = sweep({}, {"seed": values})

    assert [config.seed for config in configs] == [0, 1]
    assert {type(config.seed) for config in configs} == {int}
    assert names(configs) == ["seed=0", "seed=1"]


def test_unnamed_bases_and_variations():
    assert names(sweep([{"a": 1}], [{"name": "small"}])) == ["small"]
    assert names(sweep([{"a": 1}, {"name": "b"}], [{"x": 1}])) == ["config0_x=1", "b_x=1"]
    assert names(sweep([{"name": "b"}], [{}, {"x": 1, "y": 2}])) == ["b_default", "b_x=1,y=2"]
    assert names(sweep([{"name": "b"}], [{"name": ""}, {"t": "z" * 80}])) == ["b", "b_t#1"]


@pytest.mark.parametrize(
    ("variations", "axis", "expected"),
    [
        ([{"lr": 1}, {"lr": 2}], None, ("lr", [1, 2])),
        ([{"lr": 1}, {"lr": 2}], "rate", ("rate", [1, 2])),
        ([{"lr": 1}, {"wd": 2}], None, ("axis1", ["lr=1", "wd=2"])),
        ([{"name": "a", "lr": 1, "wd": 2}, {"name": "b", "lr": 2, "wd": 1}], None, ("axis1", ["a", "b"])),
        ([{"name": "a"}, {"name": "b", "lr": 2}], None, ("axis1", ["a", "b"])),
        ([{"name": "a"}], "kind", ("kind", ["a"])),
        ([{"m": {"type": "A"}}], None, ("m", ["m={type=A}"])),
    ],
)
def test_axis_names_and_coordinates(variations, axis, expected):
    assert list(sweep([{"name": "x"}], variations, axis=axis).axes.items())[1] == expected


def test_an_axis_of_a_known_name_gets_a_suffix():
    configs = sweep(sweep(sweep({}, {"lr": [1]}), {"lr": [2]}), {"lr": [3]})

    assert list(configs.axes) == ["axis0", "lr", "lr_2", "lr_3"]


def test_any_iterable_of_configs_and_the_shape_of_a_tensor():
    assert sweep(({"name": str(i)} for i in range(3)), {"s": [1, 2]}).shape == (3, 2)
    base = Tensor([{"name": "a"}, {"name": "b"}], (2, 1), {"model": ["A", "B"], "z": [0]})
    assert sweep(base, {"s": [1, 2, 3]}).axes == {"model": ["A", "B"], "z": [0], "s": [1, 2, 3]}


def test_nothing_is_shared():
    base, layers = [{"name": "a", "m": {"w": [1]}}], [64]
    configs = sweep(
        base,
        {
            "layers": [layers],
        },
    )
    again = sweep(configs, {"s": [1, 2]})
    again[0].m.w.append(0)
    again[0].layers.append(0)
    configs.axes["layers"][0].append(9)

    assert base == [{"name": "a", "m": {"w": [1]}}]
    assert layers == [64]
    assert (again[1].m.w, again[1].layers) == ([1], [64])
    assert configs[0].layers == [64]


@pytest.mark.parametrize(
    ("configs", "variations", "error", "message"),
    [
        ([], [{}], NoConfigsError, "configs are empty"),
        ([{}], [], ConfigError, "variations are empty"),
        ([{}], {"lr": []}, ConfigError, "variations are empty"),
        ([{}], {"lr": [1], "wd": []}, ConfigError, "variations are empty"),
        ([{}], {}, ConfigError, "variations are empty"),
        ([{}], {"lr": [1], "wd": 2}, ConfigValueTypeError, "the values of 'wd' are 2"),
        ([{}], {"lr": "abc"}, ConfigValueTypeError, "values of 'lr' are 'abc'"),
        ([{}], {"lr": 1}, ConfigValueTypeError, "values of 'lr' are 1"),
        ([{}], None, ConfigValueTypeError, "variations are None"),
        ([{}, 3], [{}], ConfigValueTypeError, "configs: the item at position 1 is 3"),
        (Tensor([3]), [{}], ConfigValueTypeError, "position 0"),
        ([{}], [{}, "x"], ConfigValueTypeError, "variations: the item at position 1"),
        ("abc", [{}], ConfigValueTypeError, "configs are 'abc'"),
        ([{"a": 1}], {"a.b": [1]}, ConfigError, "runs through 'a'"),
    ],
)
def test_bad_input(configs, variations, error, message):
    with pytest.raises(error, match=message):
        sweep(configs, variations)


def test_values_that_cannot_be_written_in_a_name():
    assert names(sweep({}, {"x": [10**5000, [[[[[1]]]]]]})) == ["x#0", "x=[[[[…]]]]"]


@pytest.mark.parametrize("variations", [lambda value: [{"x": value}], lambda value: {"x": [value]}])
def test_values_that_contain_themselves(variations):
    circular = {}
    circular["a"] = circular["b"] = circular

    with pytest.raises(ConfigError, match="contains itself"):
        sweep({}, variations(circular))
    with pytest.raises(ConfigError, match="contains itself"):
        sweep([circular], variations(1))


@pytest.mark.parametrize("axis", ["", 3])
def test_axis_must_be_a_name(axis):
    with pytest.raises(ConfigError, match="axis is"):
        sweep({}, [{}], axis=axis)

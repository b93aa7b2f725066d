import copy
import json
import pickle
import subprocess
import sys

import pytest

from pyexp.config.config import Config
from pyexp.errors import ConfigError


def test_attributes_and_keys_are_the_same_at_every_depth():
    config = Config({"a": {"b": {"c": 1}}, "layers": [{"w": 1}, ({"w": 2},)]})

    assert config.a.b.c == config["a"]["b"]["c"] == 1
    assert config.layers[0].w == 1
    assert config.layers[1][0].w == 2


@pytest.mark.parametrize(
    "store",
    [
        lambda config, value: config.__setitem__("k", value),
        lambda config, value: setattr(config, "k", value),
        lambda config, value: config.update(k=value),
        lambda config, value: config.update([("k", value)]),
        lambda config, value: config.setdefault("k", value),
        lambda config, value: config.__ior__({"k": value}),
    ],
)
def test_whatever_stores_a_value_converts_it(store):
    config = Config()

    store(config, [{"x": {"y": 1}}])

    assert config.k[0].x.y == 1


@pytest.mark.parametrize(
    "add",
    [
        lambda items, value: items.append(value),
        lambda items, value: items.extend([0, value]),
        lambda items, value: items.insert(len(items), value),
        lambda items, value: items.__iadd__([value]),
        lambda items, value: items.__setitem__(-1, value),
    ],
)
@pytest.mark.parametrize("reach", [lambda config: config.layers, lambda config: config.model.grid[1]])
def test_dicts_that_are_added_to_a_list_have_dots_too(add, reach):
    config = Config(layers=[{"d": 1}], model={"grid": [[], [{"d": 2}]]})
    items = reach(config)

    add(items, {"d": {"e": 3}})

    assert reach(config)[-1].d.e == 3
    assert reach(config) is items is reach(config)
    assert type(items) is list
    assert type(config.to_dict()["layers"][-1]) is dict


def test_list_that_holds_itself_is_a_clear_error():
    config = Config(layers=[])
    config.layers.extend([config.layers] * 2)

    with pytest.raises(ConfigError, match="contains itself"):
        _ = config.layers


def test_unions_give_configs_and_leave_their_sides_alone():
    left, right = Config(a={"x": 1}), {"b": {"y": 2}}

    assert (left | right).b.y == 2
    assert (right | left).b.y == 2
    assert list(right | left) == ["b", "a"]
    assert list(left) == ["a"]
    assert type(right["b"]) is dict


def test_union_with_something_else_is_refused():
    with pytest.raises(TypeError):
        Config() | 3
    with pytest.raises(TypeError):
        3 | Config()


def test_setdefault_keeps_what_is_there():
    config = Config(a=1)

    assert config.setdefault("a", 2) == 1
    assert config.a == 1


def test_attributes_are_deleted():
    config = Config(a=1)
    del config.a

    assert config == {}
    with pytest.raises(AttributeError, match="no key 'a'"):
        del config.a


def test_missing_attribute_suggests_the_nearest_key():
    with pytest.raises(AttributeError, match=r"'learning_rat'.*did you mean 'learning_rate'"):
        _ = Config(learning_rate=1, epochs=2).learning_rat


def test_key_that_shadows_a_method_is_reached_by_brackets_only():
    config = Config(items=[1])

    assert config["items"] == [1]
    assert list(config.items()) == [("items", [1])]
    with pytest.raises(AttributeError, match=r"config\['items'\]"):
        config.items = [2]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_gives_the_same_config(protocol):
    config = Config(a={"b": [{"c": (1, {"d": 2})}]}, items=3)

    again = pickle.loads(pickle.dumps(config, protocol))

    assert again == config
    assert again.a.b[0].c[1].d == 2
    assert type(again) is Config


def test_deep_copy_shares_nothing_and_shallow_copy_the_values():
    config = Config(a={"b": [1]})
    deep, shallow = copy.deepcopy(config), copy.copy(config)
    config.a.b.append(2)

    assert deep.a.b == [1]
    assert shallow.a is config.a is config.copy().a
    assert type(deep) is type(deep.a) is type(shallow) is Config


def test_subclasses_stay_what_they_are():
    class Mine(Config):
        pass

    assert type(Mine(a=1).copy()) is Mine
    assert type(copy.copy(Mine(a=1)) | {}) is Mine


def test_equal_to_plain_dicts_and_dumped_as_json():
    plain = {"a": {"b": [{"c": 1}]}}

    assert Config(plain) == plain
    assert json.loads(json.dumps(Config(plain))) == plain


def test_to_dict_gives_plain_containers_that_are_new():
    config = Config(a={"b": [{"c": (1, {"d": 2})}]}, s={1})
    plain = config.to_dict()

    assert plain == config
    assert type(plain["a"]) is type(plain["a"]["b"][0]) is type(plain["a"]["b"][0]["c"][1]) is dict
    assert plain["s"] is not config.s


def test_source_is_neither_changed_nor_shared():
    source = {"layers": [{"w": 1}]}
    Config(source).layers[0].w = 2

    assert source == {"layers": [{"w": 1}]}
    assert type(source["layers"][0]) is dict


def test_too_deep_or_circular_values_are_a_clear_error():
    deep: dict = {}
    for _ in range(1_000):
        deep = {"a": deep}
    circular: dict = {}
    circular["a"] = circular["b"] = [circular]

    for value in (deep, circular):
        with pytest.raises(ConfigError, match="nests deeper than 100 levels"):
            Config(value)


def test_a_config_that_holds_itself_is_shown_and_refused_as_plain():
    config = Config()
    config.me = config

    assert "..." in repr(config)
    with pytest.raises(ConfigError, match="contains itself"):
        config.to_dict()


def test_keys_are_completed_but_only_those_that_are_names():
    names = dir(Config({"lr": 1, "not a name": 2, 3: 4}))

    assert "lr" in names
    assert "update" in names
    assert "not a name" not in names


def test_importing_the_mapping_is_light():
    heavy = "yaml numpy inspect pathlib dataclasses difflib json asyncio"
    code = f"import sys, pyexp.config.config; print([m for m in {heavy.split()!r} if m in sys.modules])"

    shown = subprocess.run(
        [sys.executable, "-S", "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )

    assert shown.stdout.strip() == "[]"

import copy

import pytest

from pyexp.config.config import Config
from pyexp.config.merge import merge
from pyexp.errors import ConfigError, ConfigValueTypeError


def test_seed_examples():
    base = {"bsdf": {"type": "Diffuse", "color": 5, "roughness": 0.1}}
    update = {"type": "Test", "color": 10}

    assert merge(base, {"bsdf": update}) == {"bsdf": update}
    assert merge(base, {"**bsdf": update}) == {"bsdf": {"type": "Test", "color": 10, "roughness": 0.1}}


@pytest.mark.parametrize(
    ("base", "update", "expected"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a.b": 3}, {"a": {"b": 3, "c": 2}}),
        ({}, {"a.b.c": 1}, {"a": {"b": {"c": 1}}}),
        ({"m": {"e": {"x": 1}}}, {"**m.e": {"y": 2}}, {"m": {"e": {"x": 1, "y": 2}}}),
        ({"m": {"e": {"x": 1, "z": 0}}}, {"**m": {"e.x": 2}}, {"m": {"e": {"x": 2, "z": 0}}}),
        ({"m": {"e": {"x": 1}}}, {"**m": {"e": {"y": 2}}}, {"m": {"e": {"y": 2}}}),
        ({"m": {"e": {"x": 1}}}, {"**m": {"**e": {"y": 2}}}, {"m": {"e": {"x": 1, "y": 2}}}),
        ({}, {"**m": {"x": 1}}, {"m": {"x": 1}}),
        ({"a": 1}, {"a": {"b": 2}, "a.c": 3}, {"a": {"b": 2, "c": 3}}),
        ({"a.b": 1}, {"a.b": 2}, {"a.b": 2}),
        ({"a": {}}, {}, {"a": {}}),
        ({"a": 1}, {1: 2}, {"a": 1, 1: 2}),
    ],
)
def test_merging(base, update, expected):
    before = copy.deepcopy((base, update))

    merged = merge(base, update)

    assert merged == expected
    assert type(merged) is Config
    assert (base, update) == before


def test_nothing_mutable_is_shared():
    base = {"a": {"b": [1]}, "s": {1}, "o": bytearray(b"x")}
    update = {"c": [{"d": [1]}], "a.e": [2], "**f": {"g": [3]}}
    merged = merge(base, update)
    merged.a.b.append(0)
    merged.s.add(2)
    merged.o.append(1)
    merged.c[0].d.append(0)
    merged.a.e.append(0)
    merged.f.g.append(0)

    assert base == {"a": {"b": [1]}, "s": {1}, "o": bytearray(b"x")}
    assert update == {"c": [{"d": [1]}], "a.e": [2], "**f": {"g": [3]}}


@pytest.mark.parametrize(
    ("update", "message"),
    [
        ({"a.b.c": 1}, "'a.b.c' runs through 'a.b', which is 5"),
        ({"l.0": 1}, "runs through 'l', which is"),
        ({"**a.b": {"c": 1}}, "runs through 'a.b'"),
        ({"a..b": 1}, "empty part"),
        ({".b": 1}, "empty part"),
        ({"a.": 1}, "empty part"),
        ({"**": {"x": 1}}, "empty part"),
    ],
)
def test_paths_that_lead_nowhere_are_refused(update, message):
    with pytest.raises(ConfigError, match=message):
        merge({"a": {"b": 5}, "l": [1]}, update)


def test_only_mappings_are_merged():
    with pytest.raises(ConfigValueTypeError, match="update is 3"):
        merge({}, 3)
    with pytest.raises(ConfigValueTypeError, match="base is None"):
        merge(None, {})
    with pytest.raises(ConfigValueTypeError, match=r"'\*\*a' holds 3"):
        merge({}, {"**a": 3})


def test_a_value_that_cannot_be_copied_is_named():
    with pytest.raises(ConfigValueTypeError, match=r"'a\.b\[1\]' holds <generator"):
        merge({}, {"a.b": [0, (x for x in ())]})


def test_circular_values_are_refused():
    circular = {}
    circular["a"] = circular

    with pytest.raises(ConfigError, match="contains itself"):
        merge({}, {"x": circular})

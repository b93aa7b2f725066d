import json
import math
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyexp.config.config import Config
from pyexp.config.encoding import canonical_json, config_hash, decode_config, encode_config
from pyexp.errors import ConfigValueTypeError

KEYS = st.text(max_size=6) | st.sampled_from(["$path", "$$", "$", "name", "a.b"])
HASHABLE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.builds(Path, st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=8))
)
VALUES = st.recursive(
    HASHABLE | st.sets(HASHABLE, max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=8,
)
CONFIGS = st.dictionaries(KEYS, VALUES, max_size=4)


def spelled(value):
    """The exact value as text: types, order of keys, signs of zero."""
    if isinstance(value, dict):
        return {"dict": [(key, spelled(item)) for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, *map(spelled, value)]
    if isinstance(value, set):
        return ["set", *sorted(map(repr, value))]
    return [type(value).__name__, repr(value)]


def ascii_or_bits(value):
    return str(value.bit_length()) if isinstance(value, int) else ascii(str(value))


def shuffled(value, order):
    if isinstance(value, dict):
        items = list(value.items())
        order.shuffle(items)
        return {key: shuffled(item, order) for key, item in items}
    if isinstance(value, list):
        return [shuffled(item, order) for item in value]
    return value


@given(CONFIGS)
@settings(max_examples=200, deadline=None)
@pytest.mark.slow
def test_reads_back_to_the_same_values_types_and_order(values):
    again = decode_config(encode_config(values))

    assert type(again) is Config
    assert spelled(again) == spelled(values)
    assert canonical_json(again) == canonical_json(values)


@given(CONFIGS, st.integers())
@settings(max_examples=100, deadline=None)
@pytest.mark.slow
def test_hash_does_not_depend_on_the_order_of_keys(values, seed):
    assert config_hash(shuffled(values, random.Random(seed))) == config_hash(values)


def test_hash_is_stable_from_version_to_version():
    values = {
        "lr": 0.1,
        "p": Path("a/b"),
        "t": (1, [2.0, None, True]),
        "s": {"b", "a"},
        "x": [math.nan, -math.inf],
        "ü": -0.0,
    }

    assert canonical_json(values) == (
        '{"lr":0.1,"p":{"$path":"a/b"},"s":{"$set":["a","b"]},"t":{"$tuple":[1,[2.0,null,true]]},'
        '"x":[{"$float":"nan"},{"$float":"-inf"}],"\\u00fc":-0.0}'
    )
    assert config_hash(values) == "f9daa2440805"


def test_hash_leaves_out_name_and_out_at_the_top_only():
    assert config_hash({"a": 1, "name": "x", "out": Path("y")}) == config_hash({"a": 1})
    assert config_hash({"a": {"name": "x"}}) != config_hash({"a": {"name": "y"}})


def test_hash_tells_types_apart():
    alike = [1, 1.0, True, "1", [1], (1,), {1}, None, "None", Path("1"), 0.0, -0.0, math.nan, "nan", {"$path": "1"}, {}]

    assert len({config_hash({"a": value}) for value in alike}) == len(alike)


def test_sets_have_one_order():
    words = [f"w{i}" for i in range(50)]
    backwards = list(reversed(words))

    assert config_hash({"s": set(words)}) == config_hash({"s": set(backwards)})
    assert decode_config(encode_config({"s": {1, "1", (1, (2,)), None}})).s == {1, "1", (1, (2,)), None}


def test_is_readable():
    text = encode_config({"name": "größe", "model": {"width": 64}}).decode()

    assert text == '{\n  "name": "größe",\n  "model": {\n    "width": 64\n  }\n}\n'


@pytest.mark.parametrize("value", ["\udcff", Path("a\udcffb"), 10**6000, -(10**6000), 2**9999], ids=ascii_or_bits)
def test_values_that_plain_json_would_lose(value):
    assert decode_config(encode_config({"a": [value]})) == {"a": [value]}
    assert len(config_hash({"a": value})) == 12


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[1]",
        b"3",
        b'{"$path": "a"}',
        b"\xff\xfe\x00",
        b'{"a": {"$path": 3}}',
        b'{"a": {"$path": "x", "b": 1}}',
        b'{"a": {"$new": 1}}',
        b'{"a": {"$set": [[1]]}}',
        b'{"a": {"$set": 3}}',
        b'{"a": {"$float": "x"}}',
        b'{"a": {"$int": "zz"}}',
        b'{"a":' * 100_000,
        b'{"a": ' + b"[" * 200 + b"]" * 200 + b"}",
    ],
)
def test_bad_data_is_a_value_error(data):
    with pytest.raises(ValueError, match=r"config JSON|nests deeper|Expecting|decode|convert|invalid literal"):
        decode_config(data)


@pytest.mark.slow
@given(st.binary(max_size=30), st.integers(0, 60))
@settings(max_examples=200, deadline=None)
def test_damaged_data_is_a_value_error_or_a_config(noise, place):
    data = encode_config({"a": {"p": Path("x"), "t": (1, {2})}, "$b": math.inf})
    try:
        decode_config(data[:place] + noise + data[place + len(noise) :])
    except ValueError:
        return


def test_other_values_have_no_form():
    with pytest.raises(ConfigValueTypeError, match="no form in JSON"):
        encode_config({"a": b"x"})


def test_is_plain_json():
    assert json.loads(encode_config({"a": (1, 2), "$x": 1})) == {"a": {"$tuple": [1, 2]}, "$$x": 1}


LONG = st.lists(st.integers() | st.floats() | st.just(1 << 20_000) | st.text(max_size=3), min_size=70, max_size=90)


@pytest.mark.slow
@settings(max_examples=50)
@given(CONFIGS | st.fixed_dictionaries({"long": LONG | LONG.map(tuple), "ints": st.lists(st.integers(), min_size=70)}))
def test_config_is_spelled_as_json_does_with_an_indent(values):
    encoded = encode_config(Config(values))

    parsed = json.loads(encoded)
    try:
        expected = json.dumps(parsed, indent=2, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        expected = json.dumps(parsed, indent=2).encode()
    assert encoded == expected + b"\n"


ODD = {"nan": math.nan, "inf": -math.inf, "large": 1 << 20_000, "low": -(1 << 20_000), "text": "a, b", "none": None}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("plain", [1, 2.5, "word", True, None])
def test_one_odd_value_in_a_long_list_is_kept(odd, plain):
    config = Config(long=[plain] * 70 + [odd], pair=(*[plain] * 70, odd))

    assert canonical_json(decode_config(encode_config(config))) == canonical_json(config)
    assert decode_config(encode_config(config)).long[:70] == [plain] * 70

from __future__ import annotations

import math

import pytest

import pyexp
from pyexp.config.loader import load_config
from pyexp.config.overrides import override, parse_overrides, parse_value
from pyexp.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001), ("3", 3), (" 3 ", 3), ("-0.5", -0.5), ("0x1F", 31), ("true", True), ("False", False), ("null", None), ("~", None),
        ("", None), ("yes", "yes"), (".inf", math.inf), ("[1, 2e-1, x]", [1, 0.2, "x"]), ("{a: 1, b.c: [x]}", {"a": 1, "b.c": ["x"]}),
        ("'1'", "1"), ('"a\\tb"', "a\tb"), ("!!str 1", "1"), ("!!float 1", 1.0), ("#ff0000", "#ff0000"), ("a: b", "a: b"), ("a #b", "a #b"),
        ("*.txt", "*.txt"), ("&x", "&x"), ("- a", "- a"), ("@x", "@x"), ("a=b", "a=b"), ("---", "---"), ("|", "|"), ("%d", "%d"), ("C:\\x", "C:\\x"),
        ("two words", "two words"), ("2024-01-02", "2024-01-02"), ("1_000", "1_000"), ("?", "?"), ("😀", "😀"), ("~/data", "~/data"),
    ],
)  # fmt: skip
def test_a_value_is_what_a_file_would_mean(text, value):
    parsed = pyexp.parse_value(text)

    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    "text", ["[1, 2", "{a: 1, a: 2}", "'open", "!!python/name:os.system", "1e400", "9" * 5000, "[1] x", "{3: 4}"]
)
def test_a_value_that_cannot_be_read(text):
    with pytest.raises(ConfigError, match=r"value .* cannot be read"):
        parse_value(text)


def test_keys_and_values_of_texts():
    assert parse_overrides(["a.b=1e-3", " c = x=y ", "+d=", "**e={f: 1}", "a.b=2"]) == {
        "a.b": 2,
        "c": "x=y",
        "+d": None,
        "**e": {"f": 1},
    }
    assert parse_overrides({"lr": "1"}) == {"lr": "1"}


@pytest.mark.parametrize("overrides", [["lr"], ["=1"], ["lr=[1"], "lr=1", [" =3"]])
def test_texts_that_are_not_understood(overrides):
    with pytest.raises(ConfigError, match="override"):
        parse_overrides(overrides)


def test_a_key_that_no_config_has_is_refused_with_the_nearest():
    configs = [{"name": "a", "optim": {"lr": 1}}, {"name": "b", "width": 1}]

    with pytest.raises(
        ConfigError, match=r"no config has the key 'optim.lrr': did you mean 'optim.lr'.*'[+]optim.lrr' adds it"
    ):
        override(configs, {"optim.lrr": 2})
    assert override(configs, {"width": 2}) == [{"name": "a", "optim": {"lr": 1}, "width": 2}, {"name": "b", "width": 2}]
    assert override(configs, {"+optim.lrr": 2, "**optim": {"lr": 3}})[0].optim == {"lr": 3, "lrr": 2}
    for key in ("out", "+out", "out.x", "**out"):
        with pytest.raises(ConfigError, match="reserved"):
            override(configs, {key: "x"})
    with pytest.raises(ConfigError, match="not a string"):
        override(configs, {3: 4})
    assert configs[1] == {"name": "b", "width": 1}


def test_overrides_of_a_file(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("model: {width: 1, act: null}\nname: base")

    assert load_config(path, overrides=["model.width=2", "name=mine", "+model.act.kind=relu", "+seed=0"]) == {
        "model": {"width": 2, "act": {"kind": "relu"}},
        "name": "mine",
        "seed": 0,
    }
    assert load_config(path, {"model.width": "2"}).model.width == "2"
    with pytest.raises(ConfigError, match="did you mean 'model'"):
        load_config(path, overrides=["modl=2"])

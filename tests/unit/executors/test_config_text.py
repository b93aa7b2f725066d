"""A config's text: the same as PyYAML's for an ordinary one; cut, and said so, for a large one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from pyexp.config.config import Config
from pyexp.executors.config_text import MAX_LETTERS, MAX_VALUES, config_text


def nested(depth: int) -> dict:
    values: dict = {"end": 1}
    for _ in range(depth):
        values = {"k": values}
    return values


LARGE = {
    "string": {"s": "x" * 5_000_000},
    "lines": {"s": "a line: yes\n" * 400_000},
    "letters": {"s": 'é\n"\x01 😀' * 800_000},
    "strings": {f"k{n}": "y" * 1_000 for n in range(5_000)},
    "keys": {f"k{n}": n * 0.5 for n in range(10_000)},
    "list": {"l": list(range(100_000))},
    "lists": {"l": [[n, n] for n in range(50_000)]},
    "set": {"s": set(range(20_000))},
}


def test_an_ordinary_config_is_whole():
    config = Config(
        lr=1e-3, name="a", model={"layers": (64, 32), "path": Path("a/b")}, tags={"y", "x"}, none=None, text="a: b"
    )

    text = config_text(config)

    assert text == (
        "lr: 0.001\nname: a\nmodel:\n  layers:\n  - 64\n  - 32\n  path: a/b\ntags:\n- x\n- y\nnone: null\ntext: 'a: b'\n"
    )


@pytest.mark.parametrize(
    "values", [nested(98), {"s": "x" * (MAX_LETTERS - 1)}, {f"k{n}": n for n in range(MAX_VALUES)}]
)
@pytest.mark.slow
def test_configs_up_to_the_limits_are_whole(values):
    text = config_text(values)

    assert yaml.safe_load(text) == values
    assert "# cut" not in text


@pytest.mark.parametrize("kind", LARGE)
@pytest.mark.slow
def test_a_large_config_is_cut_and_says_so(kind):
    config = Config(LARGE[kind])
    started = time.process_time()
    text = config_text(config)
    elapsed = time.process_time() - started

    *_, note = text.splitlines()
    assert note.startswith("# cut: ")
    assert note.endswith(" are left out; config.json has them all")
    assert len(text) < 100_000
    assert next(iter(yaml.safe_load(text))) == next(iter(config))
    assert elapsed < 0.5  # seconds; 3 to 11 before


@pytest.mark.parametrize(
    "value", ["\ud800", "a\udfffb", 10**5_000, -(10**5_000), float("nan"), float("-inf")], ids=range(6)
)
def test_values_that_are_hard_to_write(value):
    assert list(yaml.safe_load(config_text({"v": value}))) == ["v"]


def test_without_the_c_part_it_reads_the_same(monkeypatch):
    config = {"a": {"b": [1, "x", 0.5]}}
    text = config_text(config)
    monkeypatch.delattr(yaml, "CSafeDumper", raising=False)

    assert config_text(config) == text

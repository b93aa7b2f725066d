"""A result that pickles and cannot be read back fails its run, while the process that has the value lives."""

from __future__ import annotations

import pickle
import re
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from pyexp.errors import UnpicklableError
from pyexp.store import outcomes
from pyexp.store.outcomes import save_result


class Overflow(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class NeedsArgument:
    def __new__(cls, _needed):
        return super().__new__(cls)


class BadState:
    def __setstate__(self, _state):
        raise RuntimeError("not from a pickle")


class Slotted:
    __slots__ = ("a",)

    def __getstate__(self):
        return {"a": 1, "gone": 2}


class Missing:
    def __reduce__(self):
        return _make, ("missing",)


def _make(name):
    return {}[name]


class Locked:
    def __init__(self):
        self.lock = None

    def __setstate__(self, state):
        self.lock = threading.Lock()
        self.__dict__.update(state["absent"])


@pytest.mark.parametrize(
    "bad",
    [Overflow(3, "x"), NeedsArgument(1), BadState.__new__(BadState), Slotted(), Missing(), Locked()],
    ids=lambda bad: type(bad).__name__,
)
def test_what_cannot_be_read_back_is_refused_naming_its_place(tmp_path, bad):
    if isinstance(bad, BadState):
        bad.a = 1
    with pytest.raises(UnpicklableError, match=re.escape("result['list'][1] is a " + type(bad).__qualname__)) as raised:
        save_result(tmp_path / "result.pkl", {"loss": 0.1, "list": [1, bad]})
    assert "cannot be read back once pickled" in str(raised.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, (2.0, "x"), {3}], "b": None},
        np.arange(3),
        {"x": np.float32(1), "y": [np.zeros((2, 2))]},
        [[[[]]]],
        b"x" * 1000,
    ],
    ids=repr,
)
def test_plain_values_are_not_read_back(tmp_path, value, monkeypatch):
    monkeypatch.setattr(outcomes, "_read_back", lambda _: pytest.fail("read back"))
    save_result(tmp_path / "result.pkl", value)


@pytest.mark.parametrize(
    "value", [SimpleNamespace(a=1), [np.array([None])], {"e": ValueError("x")}, range(3)], ids=repr
)
def test_other_values_are_read_back_and_kept(tmp_path, value):
    digest = save_result(tmp_path / "result.pkl", value)
    assert outcomes.digest_of(tmp_path / "result.pkl") == digest
    assert repr(pickle.loads((tmp_path / "result.pkl").read_bytes())) == repr(value)


def test_a_huge_value_is_not_read_back(tmp_path, monkeypatch):
    monkeypatch.setattr(outcomes, "_READ_BACK_BYTES", 100)
    save_result(tmp_path / "result.pkl", {"bad": Overflow(1, "x"), "big": "x" * 200})


def test_a_value_that_contains_itself_is_looked_at_once(tmp_path):
    value = [1]
    value.append(value)
    save_result(tmp_path / "result.pkl", value)

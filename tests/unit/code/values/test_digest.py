"""Equal values have equal digests, also in another process; what a run could see differently has another."""

from __future__ import annotations

import contextvars
import functools
import os
import subprocess
import sys
import threading

import pytest

from pyexp.code.values.digest import digest_of, is_shareable
from pyexp.code.values.references import OwnsAll, References


def digest(value, own=None):
    return digest_of(value, References({}, OwnsAll()), own or {})


def made(limit):
    def function(x=limit):
        return x + limit

    return function


@pytest.mark.parametrize(
    "make",
    [
        lambda n: {"a": [n, 1.5, (n,)], "b": b"x"},
        lambda n: {str(n), "x", "y"},
        lambda n: made(n),
        lambda n: functools.partial(made(1), n),
        lambda n: functools.lru_cache(maxsize=n)(len),
        lambda n: property(made(n)),
        lambda n: contextvars.ContextVar("v", default=n),
        lambda n: type("K", (), {"limit": n}),
        lambda n: [threading, n],
        lambda n: {"lock": threading.Lock(), "n": n},
    ],
)
def test_values_are_told_apart(make):
    assert digest(make(1)) == digest(make(1))
    assert digest(make(1)) != digest(make(2))


@pytest.mark.slow
def test_a_set_has_one_digest_whatever_its_order():
    code = (
        "from pyexp.code.values.digest import digest_of\nfrom pyexp.code.values.references import OwnsAll, References\n"
        "print(digest_of([set('abcdefgh'), lambda x: x in {'a', 'b', 'c'}], References({}, OwnsAll()), {}).hex())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }

    assert len(told) == 1


def test_an_own_value_stands_for_itself():
    inner = [1]
    own = {id(inner): "NAME"}

    before = digest({"x": inner}, own)
    inner.append(2)

    assert digest({"x": inner}, own) == before
    assert digest({"x": [1]}, own) != before


@pytest.mark.parametrize("value", [1, "x", (1,), len, int, threading, __import__("pathlib").Path()])
def test_values_that_may_be_shared(value):
    assert is_shareable(value)


@pytest.mark.parametrize("value", [[], {}, set(), object(), threading.Event()])
def test_values_whose_identity_matters(value):
    assert not is_shareable(value)

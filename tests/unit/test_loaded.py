"""Libraries that are loaded, and what only has their name."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest

from pyexp._loaded import find_loaded


class Lazy(ModuleType):
    def __getattr__(self, name):
        raise ImportError(f"no {name} today")


def test_a_library_that_is_loaded():
    assert find_loaded("sys", "path", "modules") is sys


@pytest.mark.parametrize(
    "other",
    [None, SimpleNamespace(), ModuleType("library"), Lazy("library"), "text"],
    ids=["blocked", "stub", "module", "lazy", "text"],
)
def test_what_only_has_the_name_is_not_the_library(monkeypatch, other):
    monkeypatch.setitem(sys.modules, "library", other)

    assert find_loaded("library", "seed") is None


def test_what_is_not_loaded_stays_so(monkeypatch):
    monkeypatch.delitem(sys.modules, "wave", raising=False)

    assert find_loaded("wave", "open") is None
    assert "wave" not in sys.modules

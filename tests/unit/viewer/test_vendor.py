"""Vendored files are the published ones (S12): their checksums, licences and versions stand beside them."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files

import pytest

VENDOR = files("pyexp.viewer") / "static" / "vendor"
FACTS = json.loads((VENDOR / "vendor.json").read_text())


@pytest.mark.parametrize("name", sorted(FACTS))
def test_a_vendored_file_is_the_published_one(name: str) -> None:
    data = (VENDOR / name).read_bytes()
    assert hashlib.sha256(data).hexdigest() == FACTS[name]["sha256"]
    assert FACTS[name]["version"].encode() in data[:500]


@pytest.mark.parametrize("name", sorted(FACTS))
def test_a_vendored_file_bears_its_licence(name: str) -> None:
    licence = (VENDOR / FACTS[name]["license_file"]).read_text()
    assert FACTS[name]["license"] in licence
    assert "Copyright" in licence


def test_every_vendored_script_is_accounted_for() -> None:
    scripts = {file.name for file in VENDOR.iterdir() if file.name.endswith(".js")}
    assert scripts == set(FACTS)

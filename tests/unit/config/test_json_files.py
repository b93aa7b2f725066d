"""A JSON file, as `json` writes it, is a config file: YAML 1.2 contains JSON, surrogate pairs included."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyexp.config.yaml_reader import read_yaml

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.text("😀\\u d83é\"'#𝄞", max_size=20)
atoms = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
documents = st.recursive(
    atoms, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)


pytestmark = pytest.mark.slow


@given(st.dictionaries(texts, documents, max_size=5))
@settings(max_examples=400, deadline=None)
def test_what_json_writes_is_read_as_json_reads_it(values):
    text = json.dumps(values, indent=1)

    assert read_yaml(text).value == json.loads(text)

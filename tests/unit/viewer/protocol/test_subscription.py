from __future__ import annotations

import json

import pytest

from pyexp.viewer.protocol.subscription import PAIR_LIMIT, LookError, parse_look


def look(**parts):
    return parse_look(json.dumps({"type": "look", **parts}))


def test_a_look_without_parts_looks_at_nothing():
    assert look().runs() == set()


def test_every_part_counts_among_the_runs():
    found = look(
        series=[{"tag": 1, "runs": [1, 2], "cursors": {"1": "3.aa"}}],
        tags={"runs": [3], "rev": "x"},
        entries=[{"kind": "texts", "tag": 1, "runs": [4], "totals": {"4": 2}}],
        log={"run": 5, "offset": 7},
        catalog=3,
        epoch="e",
    )
    assert found.runs() == {1, 2, 3, 4, 5}
    assert found.series == {1: {1: "3.aa", 2: None}}
    assert found.entries[0].totals == {4: 2}
    assert (found.log, found.offset, found.catalog, found.epoch, found.tags_revision) == (5, 7, 3, "e", "x")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "1",
        "null",
        "{}",
        '{"type": "run"}',
        '{"type": ["look"]}',
        '{"type": "look", "series": [{"tag": "x", "runs": [1]}]}',
        '{"type": "look", "series": [{"tag": 1}]}',
        '{"type": "look", "series": 7}',
        '{"type": "look", "tags": {"runs": [[]]}}',
        '{"type": "look", "entries": [{"kind": "pickles", "tag": 1, "runs": [1]}]}',
        '{"type": "look", "entries": [{"kind": {}, "tag": 1, "runs": [1]}]}',
        '{"type": "look", "log": 5}',
        '{"type": "look", "log": {"run": 1, "offset": NaN}}',
        '{"type": "look", "series": [{"tag": Infinity, "runs": [1]}]}',
        "[" * 100_000,
    ],
)
def test_what_is_no_look_is_refused(text):
    with pytest.raises(LookError):
        parse_look(text)


def test_too_much_is_refused_with_the_limit():
    with pytest.raises(LookError, match="20,000"):
        look(series=[{"tag": 1, "runs": list(range(PAIR_LIMIT + 1))}])


def test_a_cursor_that_is_none_is_as_good_as_missing():
    found = look(series=[{"tag": 1, "runs": [1, 2], "cursors": {"1": 5, "2": "x" * 1000}}])
    assert found.series == {1: {1: None, 2: None}}

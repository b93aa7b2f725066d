"""Which tags are listed, and the filter over all of them."""

from __future__ import annotations

import time

import pytest

from pyexp.log import Logger
from pyexp.viewer.data.tag_filter import PATTERN_LIMIT, PatternError, TagFilter
from pyexp.viewer.data.tags import TAG_LIMIT, choose_names
from viewer_server import served


def test_a_prefix_with_thousands_hides_no_other() -> None:
    names = [f"g{k % 100}/t{k}" for k in range(10_000)] + ["loss", "val/loss"]
    chosen = choose_names(names, 5_000)
    assert len(chosen) <= 5_000
    assert {"loss", "val/loss"} <= set(chosen)
    assert {name.partition("/")[0] for name in chosen} == {name.partition("/")[0] for name in names}


@pytest.mark.parametrize(
    ("names", "limit", "count"),
    [
        ([], 5, 0),
        (["b", "a"], 5, 2),
        ([f"a/{k}" for k in range(9)], 5, 5),
        ([f"{k}/a" for k in range(9)], 5, 5),
        ([*(f"a/{k}" for k in range(9)), "b"], 5, 5),
    ],
)
def test_as_many_as_may_be_are_listed(names: list[str], limit: int, count: int) -> None:
    chosen = choose_names(names, limit)
    assert len(chosen) == count
    assert chosen == sorted(chosen)


@pytest.mark.parametrize(
    ("pattern", "passing"),
    [
        ("", ["Loss", "val/loss", "lr"]),
        ("loss", ["Loss", "val/loss"]),
        ("(?i)LOSS", ["Loss", "val/loss"]),
        ("^l", ["Loss", "lr"]),
        (r"\p{Lu}", ["Loss", "val/loss", "lr"]),
        ("l(?!r)", ["Loss", "val/loss"]),
        ("nothing", []),
    ],
)
def test_patterns(pattern: str, passing: list[str]) -> None:
    assert TagFilter(pattern).passing(["Loss", "val/loss", "lr"]) == passing


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", "[", "*", "(?P<x>", "\\", "x" * (PATTERN_LIMIT + 1)])
def test_a_bad_pattern_is_named(pattern: str) -> None:
    with pytest.raises(PatternError, match=r"pattern"):
        TagFilter(pattern)


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["(a|a)+$", "(a+)+$", "(.*a){25}$", "(?:a|b|ab)*c"])
def test_a_pattern_that_never_ends_is_stopped(pattern: str) -> None:
    started = time.monotonic()
    with pytest.raises(PatternError, match=r"longer than 0\.2 s"):
        TagFilter(pattern).passing(["ab" * 40 + "a" * 40 + "!"] * 100_000)
    assert time.monotonic() - started < 2


@pytest.mark.slow
@pytest.mark.anyio
async def test_the_filter_finds_what_is_not_listed(tmp_path) -> None:
    with Logger(tmp_path / "many") as logger:
        for k in range(TAG_LIMIT + 10):
            logger.add_scalar(f"t{k:06}", k)
    async with served(tmp_path) as client:
        runs = await client.run_ids()
        whole = await client.json("/api/tags", runs=runs)
        assert len(whole["scalars"]) == TAG_LIMIT
        assert "the filter finds the others" in whole["notice"]
        last = f"t{TAG_LIMIT + 9:06}"
        assert last not in {tag["name"] for tag in whole["scalars"]}
        found = await client.json("/api/tags", runs=runs, match=f"^{last}$")
        assert [tag["name"] for tag in found["scalars"]] == [last]
        frame = await client.frame("/api/series", tag=found["scalars"][0]["id"], runs=runs)
        assert frame.series[0].columns["value"] == [TAG_LIMIT + 9]
        bad = await client.json("/api/tags", runs=runs, match="(")
        assert "Not a valid pattern" in bad["problem"]
        assert len(bad["scalars"]) == TAG_LIMIT

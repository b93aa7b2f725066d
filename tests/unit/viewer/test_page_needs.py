"""What the page asks of the server beyond the single routes' own tests: one list of entries for every kind of thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyexp.log import Logger
from viewer_server import served

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["texts", "histograms", "tables"])
async def test_entries_lists_the_steps_of_every_kind(tmp_path: Path, kind: str) -> None:
    with Logger(tmp_path / "run") as logger:
        for step in (0, 10, 20):
            logger.set_global_it(step)
            logger.add_text("thing", "a text")
            logger.add_histogram("thing", [1.0, 2.0, 3.0])
            logger.add_table("thing", {"column": [1, 2]})
    async with served(tmp_path) as client:
        answer = await client.json(
            "/api/entries", kind=kind, tag=await client.tag("thing", kind), runs=await client.run_ids()
        )
    (run,) = answer["runs"]
    assert run["total"] == 3
    assert [(entry["index"], entry["step"]) for entry in run["entries"]] == [(0, 0), (1, 10), (2, 20)]

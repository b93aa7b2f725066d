"""What the frames of curves say of their points, and what a viewer loads for its first charts."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from array import array
from typing import TYPE_CHECKING

import pytest

from pyexp.log import Logger, Series
from pyexp.viewer.data import scalars

if TYPE_CHECKING:
    from pathlib import Path

FIRST_CHARTS = """
import sys
import pyexp.viewer.http.app
from pathlib import Path
from pyexp.viewer.data.library import Library
from pyexp.viewer.data.scalars import series_frame
from pyexp.viewer.data.tags import list_tags

library = Library(Path(sys.argv[1]))
library.catalog.scan()
runs = [run["id"] for run in library.catalog.to_json()["runs"]]
(tag,) = list_tags(library, runs)["scalars"]
assert series_frame(library, tag["id"], runs)
print([name for name in ("numpy", "regex") if name in sys.modules])
"""


def series_of(values: list[float]) -> Series:
    places = range(len(values))
    times = array("d", places)
    return Series(tag="loss", start=0, iterations=array("q", places), values=array("d", values), times=times)


@pytest.mark.parametrize(
    ("values", "nonfinite", "nonpositive"),
    [
        ([], 0, 0),
        ([1.0, 0.5], 0, 0),
        ([0.0, -0.0, -1.0, 1e-300], 0, 3),
        ([math.nan, 1.0, math.inf, -math.inf, -2.0], 3, 1),
        ([math.nan], 1, 0),
        ([1e308, 1e308, -1e308], 0, 1),
    ],
)
@pytest.mark.parametrize("long", [1, 100_000], ids=["by NumPy", "without it"])
def test_odd_values_are_counted_alike_in_short_and_long_columns(
    values: list[float], nonfinite: int, nonpositive: int, long: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scalars, "_LONG", long)
    assert scalars._oddities(series_of(values)) == {"nonfinite": nonfinite, "nonpositive": nonpositive}


@pytest.mark.slow
def test_the_first_charts_load_neither_numpy_nor_a_regex(tmp_path: Path) -> None:
    with Logger(tmp_path / "run") as logger:
        for step in range(20):
            logger.set_global_it(step)
            logger.add_scalar("loss", 1 / (step + 1))
    done = subprocess.run([sys.executable, "-c", FIRST_CHARTS, tmp_path], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout.replace("'", '"')) == []

from __future__ import annotations

import pytest

from pyexp.runner.command_line.duration import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("1.5", 1.5), ("90s", 90), ("15m", 900), ("1h30m", 5400), ("1H 30Min", 5400), (".5h", 1800), ("1d", 86400)],
)  # fmt: skip
def test_times_as_people_write_them(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "1x", "h", "30m1h", "1h1h", "1h30", "1:30"])
def test_what_is_no_time_is_told_how_one_is_written(text):
    with pytest.raises(ValueError, match="write 90, 90s, 15m or 1h30m"):
        parse_duration(text)

"""What a person is told, on a stream that cannot show everything."""

from __future__ import annotations

import io
import sys

import pytest

from pyexp.terminal.printing import encodable, print_lines
from support.experiments import make_runner


@pytest.mark.parametrize(
    ("encoding", "errors", "expected"),
    [
        ("ascii", "strict", "na\\xefve \\u20ac \\udcff"),
        ("cp1252", "strict", "naïve € \\udcff"),
        ("utf-8", "strict", "naïve € \\udcff"),
        ("utf-8", "surrogateescape", "naïve € \udcff"),
        ("ascii", "replace", "naïve € \udcff"),
    ],
)
def test_text_becomes_what_the_stream_takes(encoding, errors, expected):
    stream = io.TextIOWrapper(io.BytesIO(), encoding, errors)

    assert encodable("naïve € \udcff", stream) == expected
    stream.write(expected)


@pytest.mark.parametrize("stream", [io.StringIO(), None, object()])
def test_stream_that_tells_no_encoding_takes_utf_8(stream):
    assert encodable("naïve", stream) == "naïve"


def test_lines_go_to_standard_output(monkeypatch):
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, "ascii", line_buffering=True))
    print_lines(["naïve", "plain"])

    assert shown.getvalue() == b"na\\xefve\nplain\n"


def test_console_loses_no_line(tmp_path, monkeypatch):
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(shown, "ascii"))
    make_runner(lambda config: 1 / config.x, [{"name": "naïve", "x": 0}], tmp_path, executor="inline").run()

    assert b"failed: na\\xefve" in shown.getvalue()

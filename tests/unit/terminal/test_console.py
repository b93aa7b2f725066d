"""What a person is told, on a stream that cannot show everything."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from pyexp.terminal import console
from pyexp.terminal.console import _make_bar, _reason
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


def test_a_failure_is_shown_once_with_its_count_and_once_in_the_summary(tmp_path, capsys):
    make_runner(
        lambda config: 1 / config.x, [{"name": "a", "x": 0}, {"name": "b", "x": 1}], tmp_path, executor="inline"
    ).run()

    shown = capsys.readouterr().err
    assert "[1/2] failed: a (0.0 s)\n  Traceback" in shown
    assert shown.count("ZeroDivisionError: division by zero") == 2
    assert shown.rstrip().endswith("\n  failed: a: ZeroDivisionError: division by zero")


@pytest.mark.parametrize(
    "error", ["ProcessKilled: killed by SIGSEGV", "E: a\nb\n\nThe last lines of x:\nE: c", "", "E"]
)
def test_an_error_without_a_traceback_of_its_own_is_shown_whole(error):
    assert _reason(error) == error


def test_a_reader_that_went_away_ends_the_output_quietly(tmp_path):
    program = "from pyexp.terminal.printing import print_lines\nprint_lines(str(n) for n in range(100_000))\nraise SystemExit(3)"
    done = subprocess.run(
        ["bash", "-c", f'"{sys.executable}" -c "$0" | head -1; echo "${{PIPESTATUS[0]}}"', program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("0\n3\n", "")


def test_two_bars_of_a_process_have_a_line_each():
    first, second = (_make_bar(io.StringIO(), 2, 0, name) for name in "ab")
    assert len({first.pos, second.pos}) == 2
    second.close()
    first.close()


@pytest.mark.parametrize(
    ("count", "settings", "expected"),
    [(7, {}, "exp: preparing 7 runs…\n"), (7, {"is_quiet": True}, ""), (1, {}, "")],
    ids=["many", "quiet", "few"],
)
def test_what_takes_long_to_prepare_says_so_once(monkeypatch, capsys, count, settings, expected):
    monkeypatch.setattr(console, "_MANY", 2)
    monkeypatch.setattr(console, "_PATIENCE_S", -1.0)
    assert list(console.show_preparing("exp", range(count), **settings)) == list(range(count))
    assert capsys.readouterr().err == expected


def test_on_a_terminal_a_bar_shows_how_many_are_prepared(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(console, "_MANY", 2)
    monkeypatch.setattr(console, "_PATIENCE_S", 0.0)
    monkeypatch.setattr(console, "_is_drawable", lambda _: True)
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(console.show_preparing("exp", range(7))) == list(range(7))
    assert "exp: preparing:" in stream.getvalue()
    assert "/7 " in stream.getvalue()

"""The small pieces that the server is made of."""

from __future__ import annotations

import json
import math
import threading
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyexp.log import Logger
from pyexp.log.values.series import Series
from pyexp.viewer.data.configs import flatten, to_plain, to_text
from pyexp.viewer.data.event_logs import LogShelf, RunLog, cursor_after, read_after
from pyexp.viewer.data.objects import thin
from pyexp.viewer.http.assets import load_asset
from pyexp.viewer.live.hub import Hub, Page
from pyexp.viewer.protocol import encoding
from pyexp.viewer.protocol.encoding import encode_frame, to_json
from pyexp.viewer.protocol.ids import stable_id
from pyexp.viewer.protocol.names import cut_name, natural_key
from pyexp.viewer.protocol.subscription import Look
from viewer_server import decode_frame


def series(*points):
    steps, values = zip(*points, strict=True) if points else ((), ())
    return Series(
        tag="x", start=0, iterations=array("q", steps), values=array("d", values), times=array("d", map(float, steps))
    )


@given(st.lists(st.lists(st.floats(width=64), max_size=5), max_size=5))
@pytest.mark.slow
def test_a_frame_holds_what_was_put_in(values):
    packed = encode_frame(
        {"columns": ["a", "b"], "name": "é"},
        [({"run": run}, (array("d", column), array("d", column[::-1]))) for run, column in enumerate(values)],
    )
    frame = decode_frame(packed)
    assert frame.header["name"] == "é"
    assert [repr(found.columns["a"]) for found in frame.series] == [repr(column) for column in values]
    assert [repr(found.columns["b"]) for found in frame.series] == [repr(column[::-1]) for column in values]


def test_a_frame_is_little_endian_everywhere(monkeypatch):
    monkeypatch.setattr(encoding.sys, "byteorder", "big")
    assert encoding.little_endian(array("d", [1.0])) == array("d", [1.0]).tobytes()[::-1]


def test_json_never_holds_what_json_lacks():
    value = {"a": [1.0, math.nan, (math.inf, {"b": -math.inf})]}
    assert json.loads(to_json(value)) == {"a": [1.0, "nan", ["inf", {"b": "-inf"}]]}


@pytest.mark.slow
@given(st.text(st.characters(), max_size=400))
def test_a_cut_name_is_short_and_can_be_sent(name):
    shown = cut_name(name)
    shown.encode()
    assert len(shown) <= 300
    assert shown == name or "?" in shown or shown.endswith("…")


def test_names_sort_as_a_person_counts():
    assert sorted(["a10", "a2", "a", "b1", "a2b", "10", "9"], key=natural_key) == [
        "9",
        "10",
        "a",
        "a2",
        "a2b",
        "a10",
        "b1",
    ]


@given(st.lists(st.text(st.characters(), max_size=20)))
@pytest.mark.slow
def test_any_names_can_be_sorted(names):
    sorted(names, key=natural_key)


@given(st.text(st.characters()))
@pytest.mark.slow
def test_an_id_fits_a_javascript_number(name):
    assert 0 <= stable_id("tag", name) < 2**53
    assert stable_id("tag", name) == stable_id("tag", name) != stable_id("run", name)


@given(st.integers(0, 5_000), st.integers(1, 500))
@pytest.mark.slow
def test_thinning_keeps_the_ends_and_the_limit(count, limit):
    kept = thin(count, limit)
    assert len(kept) <= limit
    assert kept == sorted(set(kept))
    assert set(kept) <= set(range(count))
    assert not count or kept[-1] == count - 1


def test_only_listed_kinds_of_files_are_assets():
    for path in ("index.html", "js/main.js", "js/base/dom.js"):
        assert load_asset(path) is not None, path
    for path in (
        "",
        "/",
        "index.html/",
        "./index.html",
        "../app.py",
        "app.py",
        "js",
        "no.js",
        "\0.js",
        "js/../index.html",
        "js/base",
        "js/base/",
        "js/base/../main.js",
        "js//base/dom.js",
        "js/base/dom.js/",
        "js/base%2fdom.js",
        "js\\base\\dom.js",
    ):
        assert load_asset(path) is None, path


def test_an_asset_is_read_again_when_it_changed(tmp_path, monkeypatch):
    (tmp_path / "static").mkdir()
    page = tmp_path / "static" / "index.html"
    page.write_text("one")
    monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path)
    first = load_asset("index.html")
    assert first is load_asset("index.html")
    page.write_text("three")
    assert load_asset("index.html").data == b"three"
    assert load_asset("index.html").etag != first.etag


def test_configs_are_flattened_by_dots():
    assert flatten({"name": "x", "a": {"b": {"c": 1}, "d": []}, "e": {}, "out": "y"}) == {
        "a.b.c": 1,
        "a.d": [],
        "e": {},
    }


def test_values_are_shown_as_json_can_hold_them():
    assert to_plain({"p": Path("a/b"), "t": (1, 2), "l": [None, True], "d": {"x": {1}}}) == {
        "p": str(Path("a/b")),
        "t": "(1, 2)",
        "l": [None, True],
        "d": {"x": "{1}"},
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567891, "1234567891"),
        (2**60 + 1, "1152921504606846977"),
        (1, "1"),
        (1.0, "1.0"),
        (True, "True"),
        (None, "None"),
        (0.1 + 0.2, "0.30000000000000004"),
        ("1", "'1'"),
        ("nan", "'nan'"),
        ("None", "'None'"),
        ("", "''"),
        ("adam", "adam"),
        ("3d-conv", "3d-conv"),
        ("[1, 2]", "'[1, 2]'"),
        ([1, 2.0, "x"], "[1, 2.0, 'x']"),
        (Path("/data"), str(Path("/data"))),
    ],
)
def test_a_config_value_is_written_so_that_it_is_no_other(value, text):
    assert to_text(value) == text


def test_numbers_that_a_page_cannot_hold_are_texts():
    assert to_plain([2**53, 2**53 + 1, -(2**53) - 1]) == [2**53, "9007199254740993", "-9007199254740993"]


class Run:
    events = True

    def __init__(self, path):
        self.id, self.path = stable_id("run", str(path)), path


def test_only_so_many_logs_stay_open(tmp_path):
    shelf = LogShelf(limit=2)
    logs = []
    for name in "abc":
        with Logger(tmp_path / name) as logger:
            logger.add_scalar("loss", 1.0)
        log = shelf.get(Run(tmp_path / name))
        assert len(log.series("loss")) == 1
        logs.append(log)
    assert [log._reader is None for log in logs] == [True, False, False]
    assert shelf.get(Run(tmp_path / "c")) is logs[2]
    # A closed one that is still in use opens again.
    assert len(logs[0].series("loss")) == 1
    shelf.close()
    assert [log._reader is None for log in logs] == [False, True, True]
    logs[0].close()


def test_a_cursor_names_the_last_point_and_no_other(tmp_path):
    with Logger(tmp_path) as logger:
        for step in range(5):
            logger.add_scalar("loss", float(step))
    log = RunLog(tmp_path)
    cursor = cursor_after(log.series("loss"))
    assert read_after(log, "loss", cursor)[1] is True
    assert len(read_after(log, "loss", cursor)[0]) == 0
    count, _, check = cursor.partition(".")
    for wrong in (f"4.{check}", f"6.{check}", f"{count}.{int(check, 16) ^ 1:08x}", None, "", "x"):
        found, continues = read_after(log, "loss", wrong)
        assert (len(found), continues) == (5, False), wrong
    assert cursor_after(log.series("unknown")) is None
    log.close()


def test_a_log_has_news_once_for_each_growth_whoever_looks(tmp_path):
    with Logger(tmp_path) as logger:
        logger.add_scalar("loss", 1.0)
        logger.flush()
        log = RunLog(tmp_path)
        assert [log.take_news(), log.take_news()] == [True, False]
        logger.add_scalar("loss", 2.0)
        logger.flush()
        log.mark_stale()
        assert len(log.series("loss")) == 2
        assert [log.take_news(), log.take_news()] == [True, False]
        log.mark_stale()
        assert not log.take_news()
    log.close()


def test_a_log_that_is_gone_or_in_use_may_have_news(tmp_path):
    log = RunLog(tmp_path / "gone")
    assert [log.take_news(), log.take_news()] == [True, True]
    log = RunLog(tmp_path)
    asked = []
    with log._lock:
        other = threading.Thread(target=lambda: asked.append(log.take_news()))
        other.start()
        other.join(5)
    assert asked == [True]


@pytest.mark.anyio
async def test_a_page_is_woken_only_by_what_it_looks_at():
    hub = Hub()
    page = Page(cut_off=lambda: None)
    hub.add(page)
    page.show(Look(series={1: {5: None}}, log=7))
    page._wake.clear()
    hub.touch([5])
    await hub.announce(frozenset([4]))
    assert not page._wake.is_set()
    await hub.announce(frozenset([5]))
    assert page._wake.is_set()
    page._wake.clear()
    hub.touch([7])
    assert page._wake.is_set()
    assert hub.watched() == {5, 7}
    assert hub.looks_at([4, 5, 6]) == [5]
    hub.remove(page)
    assert hub.watched() == set()

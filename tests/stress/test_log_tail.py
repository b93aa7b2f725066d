"""R23: reading a log while it is written byte by byte, cut and removed: no exception, duplicate or gap."""

import random
import shutil
import sys
import threading
import time
from array import array

import pytest

from pyexp.log import LogReader
from pyexp.log.eventfile import merging, rewriting, scalar_blocks
from pyexp.log.eventfile.sink import EventFile
from pyexp.log.values.events import Points

SECONDS = [pytest.param(2, id="short"), pytest.param(60, id="full", marks=pytest.mark.stress)]


@pytest.fixture(autouse=True, params=[sys.maxsize, 1], ids=["merged", "written anew"])
def merged_often(request, monkeypatch):
    monkeypatch.setattr(merging, "BLOCKS_AT_ONCE", 30)
    monkeypatch.setattr(merging, "MOST_POINTS", 5)
    monkeypatch.setattr(rewriting, "LEAST_SAVED_BYTES", request.param)


def make_bytes(folder, blocks):
    folder.mkdir()
    file = EventFile(folder / "events.pb")
    for block in range(blocks):
        iterations = range(block * 5, block * 5 + 5)
        file.prepare([Points("x", array("q", iterations), array("d", iterations), array("d", iterations))], [])()
    file.close()
    return (folder / "events.pb").read_bytes()


class Follower:
    """Keeps a copy of a series as a viewer does: by what `refresh` says is new."""

    def __init__(self, folder):
        self.reader = LogReader(folder)
        self.points = []
        self.resets = 0

    def look(self):
        changes = self.reader.refresh()
        if changes.reset:
            self.points = []
            self.resets += 1
        if "x" in changes.scalars:
            start = changes.scalars["x"]
            series = self.reader.read_series("x", start)
            self.points = self.points[:start] + list(zip(series.iterations, series.values, strict=True))


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seconds", SECONDS)
def test_r23_byte_by_byte(tmp_path, seconds):
    data = make_bytes(tmp_path / "source", 400)
    folder = tmp_path / "run"
    folder.mkdir()
    follower = Follower(folder)
    end = time.monotonic() + seconds
    with open(folder / "events.pb", "wb", buffering=0) as file:
        for position in range(len(data)):
            file.write(data[position : position + 1])
            if position % 7 == 0:
                follower.look()
                assert follower.points == [(it, float(it)) for it in range(len(follower.points))]
            if time.monotonic() > end:
                break
        file.write(data[position + 1 :])
    follower.look()
    assert follower.points == [(it, float(it)) for it in range(2000)]
    assert follower.resets == 0
    assert follower.reader.damage == 0


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seconds", SECONDS)
def test_r23_cut_and_removed_while_it_is_read(tmp_path, seconds):
    data = make_bytes(tmp_path / "source", 100)
    folder = tmp_path / "run"
    folder.mkdir()
    follower = Follower(folder)
    stop = threading.Event()
    failures = []

    def disturb():
        chance = random.Random(23)
        try:
            while not stop.is_set():
                folder.mkdir(exist_ok=True)
                with open(folder / "events.pb", "wb", buffering=0) as file:
                    written = 0
                    while written < len(data):
                        size = chance.choice((1, 30, 500, 5000))
                        file.write(data[written : written + size])
                        written += size
                    if chance.random() < 0.5:
                        file.truncate(chance.randrange(len(data)))
                if chance.random() < 0.5:
                    shutil.rmtree(folder)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=disturb)
    thread.start()
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            follower.look()
            assert all(it == value for it, value in follower.points)
            assert len({it for it, _ in follower.points}) == len(follower.points)
    finally:
        stop.set()
        thread.join()
    assert not failures
    folder.mkdir(exist_ok=True)
    (folder / "events.pb").write_bytes(data)
    follower.look()
    assert sorted(follower.points) == [(it, float(it)) for it in range(500)]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seconds", SECONDS)
def test_r23_closed_and_opened_again_while_it_is_read(tmp_path, monkeypatch, seconds):
    """Each close may put another file in its place, also between a look and what is asked then."""
    monkeypatch.setattr(scalar_blocks, "POINTS_PER_BLOCK", 64)
    stop = threading.Event()
    failures, written = [], [0]

    def log():
        chance = random.Random(24)
        try:
            while not stop.is_set():
                file = EventFile(tmp_path / "events.pb")
                for _ in range(chance.randrange(1, 80)):
                    column = array("q", [written[0]])
                    file.prepare([Points("x", column, array("d", column), array("d", column))], [])()
                    written[0] += 1
                file.close() if chance.random() < 0.8 else file.release()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=log)
    thread.start()
    follower, asked = Follower(tmp_path), LogReader(tmp_path)
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            follower.look()
            assert follower.points == [(it, float(it)) for it in range(len(follower.points))]
            least = written[0]
            asked.refresh()
            points = asked.load_scalars("x")
            assert points == [(it, float(it)) for it in range(len(points))]
            assert len(points) >= least
            assert asked.point_count("x") >= least
    finally:
        stop.set()
        thread.join()
    assert not failures
    follower.look()
    assert len(follower.points) == written[0]
    assert follower.reader.damage == 0
    assert asked.damage == 0

"""R23: reading a log while it is written byte by byte, cut and removed: no exception, duplicate or gap."""

import random
import shutil
import threading
import time
from array import array

import pytest

from pyexp.log import LogReader
from pyexp.log.eventfile import merging
from pyexp.log.eventfile.sink import EventFile
from pyexp.log.values.events import Points

SECONDS = [pytest.param(2, id="short"), pytest.param(60, id="full", marks=pytest.mark.stress)]


@pytest.fixture(autouse=True)
def merged_often(monkeypatch):
    monkeypatch.setattr(merging, "BLOCKS_AT_ONCE", 30)
    monkeypatch.setattr(merging, "MOST_POINTS", 5)


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

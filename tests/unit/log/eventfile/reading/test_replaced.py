"""A reader whose file is written anew at any moment: no point and no object is lost, doubled or wrong."""

import random
import shutil
from array import array

import pytest

from pyexp.errors import LogError
from pyexp.log import LogReader
from pyexp.log.eventfile import merging, rewriting
from pyexp.log.eventfile.reading.source import EventSource
from pyexp.log.eventfile.sink import EventFile
from pyexp.log.values.events import Content, Item, Points


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """Merge often, and write small logs anew, too."""
    monkeypatch.setattr(merging, "BLOCKS_AT_ONCE", 10)
    monkeypatch.setattr(rewriting, "LEAST_SAVED_BYTES", 1)


@pytest.fixture
def file(tmp_path):
    file = EventFile(tmp_path / "events.pb")
    (tmp_path / ".pyexp").touch()
    yield file
    if not file.path.with_name("closed").exists():
        file.release()


def log(file, *iterations):
    for it in iterations:
        columns = [Points(tag, array("q", [it]), array("d", [it / 7]), array("d", [it])) for tag in ("a", "b")]
        content = Content("application/x-pickle", random.Random(it).randbytes(50 + it))
        item = Item(kind="checkpoint", tag="m", iteration=it, time=0.0, contents=(content,))
        file.prepare(columns, [(item, it)] if it % 10 == 0 else [])()


def close(file):
    """Close the log; it is written anew."""
    before = file.path.stat().st_ino
    file.close()
    assert file.path.stat().st_ino != before
    file.path.with_name("closed").touch()


def content(it):
    return random.Random(it).randbytes(50 + it)


def points(*iterations):
    return [(it, it / 7) for it in iterations]


@pytest.mark.parametrize("steps", [3, 37])
@pytest.mark.parametrize("lists_objects", [True, False])
def test_questions_after_the_last_look(tmp_path, file, steps, lists_objects):
    log(file, *range(steps))
    reader = LogReader(tmp_path)
    reader.refresh()
    known = reader.entries() if lists_objects else []
    log(file, *range(steps, 60))
    close(file)
    assert reader.load_scalars("a")[:steps] == points(*range(steps))
    assert reader.point_count("b") in (steps, 60)
    assert reader["b"] in points(steps - 1, 59)
    assert [reader.read_part(entry.parts[0]) for entry in known] == [content(it) for it in range(0, steps, 10)][
        : len(known)
    ]
    assert [reader.read_part(entry.parts[0]) for entry in reader.entries()][:1] == [content(0)]
    assert reader.damage == 0
    changes = reader.refresh()
    assert changes.reset
    assert dict(changes.scalars) == {"a": 0, "b": 0}
    assert [entry.iteration for entry in changes.objects] == [*range(0, 60, 10)]
    assert reader.load_scalars("a") == points(*range(60))
    assert not reader.refresh()
    assert reader.damage == 0


@pytest.mark.parametrize("question", ["load_scalars", "point_count", "__getitem__", "read_series"])
def test_each_question_alone(tmp_path, file, question):
    log(file, *range(37))
    reader = LogReader(tmp_path)
    reader.refresh()
    close(file)
    assert getattr(reader, question)("a") == getattr(LogReader(tmp_path), question)("a")
    assert reader.damage == 0
    assert reader.refresh().reset


def test_where_new_points_begin_is_never_told_wrong(tmp_path, file):
    """The answer of `refresh` may be looked at later than it was given."""
    log(file, *range(15))
    reader = LogReader(tmp_path)
    reader.refresh()
    log(file, *range(15, 40))
    before = reader.refresh()
    close(file)
    assert before.scalars["a"] == 0  # from there on all is read again
    assert reader.load_scalars("a") == points(*range(40))
    assert before.scalars["b"] == 0


def test_an_object_that_is_damaged_stays_so(tmp_path, file):
    log(file, *range(37))
    reader = LogReader(tmp_path)
    reader.refresh()
    known = reader.entries()
    data = bytearray(file.path.read_bytes())
    data[known[1].parts[0].offset + 5] ^= 1
    file.path.write_bytes(data)
    close(file)
    for entries in (known, reader.entries(), LogReader(tmp_path).entries()):
        assert reader.read_part(entries[0].parts[0]) == content(0)
        with pytest.raises(LogError, match="damaged or gone"):
            reader.read_part(entries[1].parts[0])


@pytest.mark.slow
def test_a_follower_of_several_attempts(tmp_path):
    reader, found = LogReader(tmp_path), []
    chance = random.Random(7)
    for begin in (0, 50, 100):
        file = EventFile(tmp_path / "events.pb")
        for it in range(begin, begin + 50):
            log(file, it)
            if chance.random() < 0.2:
                found = follow(reader, found)
        file.close() if chance.random() < 0.8 else file.release()
        found = follow(reader, found)
        assert found == points(*range(begin + 50))
    assert reader.damage == 0


def follow(reader, found):
    changes = reader.refresh()
    found = [] if changes.reset else found
    if "a" not in changes.scalars:
        return found
    start = changes.scalars["a"]
    series = reader.read_series("a", start)
    return found[:start] + list(zip(series.iterations, series.values, strict=True))


def test_a_log_that_was_removed_between_two_looks(tmp_path, file):
    log(file, *range(12))
    reader = LogReader(tmp_path)
    reader.refresh()
    shutil.copy(tmp_path / "events.pb", tmp_path / "copy")
    (tmp_path / "events.pb").unlink()
    assert reader.load_scalars("a") == []
    assert reader.point_count("a") == 0
    (tmp_path / "copy").rename(tmp_path / "events.pb")
    assert reader.load_scalars("a") == points(*range(12))
    assert reader.refresh().reset
    assert reader.load_scalars("a") == points(*range(12))


ASKED_MEANWHILE = {
    "points": lambda reader, changes: reader.load_scalars("a"),
    "new points": lambda reader, changes: reader.read_series("a", 5),
    "count": lambda reader, changes: reader.point_count("a"),
    "where new points begin": lambda reader, changes: changes.scalars["a"],
    "iterations": lambda reader, changes: reader.iterations,
    "last": lambda reader, changes: reader._source.last("a"),
}


@pytest.mark.parametrize("is_replaced", [False, True])
@pytest.mark.parametrize("question", ASKED_MEANWHILE)
def test_a_log_that_is_back_as_it_was_after_a_question(tmp_path, file, question, is_replaced):
    """What was answered meanwhile is not of this file: whoever follows it begins anew."""
    log(file, *range(12))
    reader = LogReader(tmp_path)
    reader.refresh()
    log(file, *range(12, 40))
    changes = reader.refresh()
    (tmp_path / "kept").hardlink_to(file.path)
    file.path.unlink()
    if is_replaced:
        file.path.write_bytes((tmp_path / "kept").read_bytes()[:300])
    ASKED_MEANWHILE[question](reader, changes)
    (tmp_path / "kept").rename(file.path)
    log(file, *range(40, 60))
    changes = reader.refresh()
    assert changes.reset
    assert dict(changes.scalars) == {"a": 0, "b": 0}
    assert [entry.iteration for entry in changes.objects] == [*range(0, 60, 10)]
    assert reader.load_scalars("a") == points(*range(60))
    assert reader.damage == 0


def test_new_objects_of_a_log_that_is_gone_meanwhile(tmp_path, file):
    log(file, *range(12))
    source = EventSource(file.path)
    delta = source.poll()
    file.path.rename(tmp_path / "kept")
    assert list(delta.entries()) == []
    (tmp_path / "kept").rename(file.path)
    log(file, *range(12, 22))
    delta = source.poll()
    assert delta.reset
    assert [entry.iteration for entry in delta.entries()] == [0, 10, 20]


def test_a_question_before_there_is_a_log_owes_nothing(tmp_path):
    source = EventSource(tmp_path / "events.pb")
    source.poll()
    assert source.last("a") is None
    log(EventFile(tmp_path / "events.pb"), *range(3))
    assert not source.poll().reset


def test_a_file_that_has_the_number_of_the_listed_one(tmp_path, file):
    """The number of a file that is gone is free for the next one."""
    log(file, *range(15))
    reader = LogReader(tmp_path)
    reader.refresh()
    known = reader.entries()
    log(file, *range(15, 40))
    shutil.copytree(tmp_path, tmp_path / "copy")
    copy = EventFile(tmp_path / "copy" / "events.pb", is_new_attempt=False)
    close(copy)
    file.path.write_bytes((tmp_path / "copy" / "events.pb").read_bytes())
    assert reader.load_scalars("a") == points(*range(40))
    assert reader.read_part(known[1].parts[0]) == content(10)
    assert reader.damage == 0
    assert reader.refresh().reset


def test_a_file_that_is_replaced_again_and_again(tmp_path, file, monkeypatch):
    """Also between the new look and the question that is asked once more."""
    log(file, *range(30))
    reader = LogReader(tmp_path)
    reader.refresh()
    copies = [shutil.copy(file.path, tmp_path / f"copy{number}") for number in range(4)]
    poll = reader._source.poll

    def poll_and_replace():
        delta = poll()
        if copies:
            shutil.move(copies.pop(), file.path)
        return delta

    monkeypatch.setattr(reader._source, "poll", poll_and_replace)
    shutil.move(copies.pop(), file.path)
    assert reader.point_count("a") == 30
    assert not copies
    assert reader.load_scalars("b") == points(*range(30))

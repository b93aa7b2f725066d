import json
import os
import pickle
from array import array

import pytest

from pyexp.errors import LogError
from pyexp.log import Logger, LogReader
from pyexp.log.jsonlines.file_names import file_name, tag_of
from pyexp.log.jsonlines.sink import JsonLines
from pyexp.log.values.events import Points


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("a/b", "a/b"),
        ("ü 🙂", "ü 🙂"),
        ('a:*?"<>|%', "a%3A%2A%3F%22%3C%3E%7C%25"),
        ("line\nbreak", "line%0Abreak"),
        ("x.", "x%2E"),
        ("x. /y ", "x%2E%20/y%20"),
        ("a.cpkl/b.c", "a%2Ecpkl/b.c"),
        ("a//b", "a/%/b"),
        ("/../x/", "%/%2E%2E/x/%"),
    ],
)
def test_names_of_files(tag, name):
    assert file_name(tag) == name


def test_tags_that_look_like_each_others_files(tmp_path):
    tags = ["a", "a.cpkl", "a.cpkl/b", "a/b", "a.meta/c", "%2E", "x?", "Ax:b"]
    with Logger(tmp_path, use_protobuf=False) as logger:
        for tag in tags:
            logger.add_checkpoint(tag, tag)
    reader = LogReader(tmp_path)
    assert {tag: reader.load_checkpoint(tag, 0) for tag in tags} == {tag: tag for tag in tags}


@pytest.mark.parametrize("use_protobuf", [True, False])
def test_tags_too_long_for_a_file(tmp_path, use_protobuf):
    with Logger(tmp_path, use_protobuf) as logger:
        with pytest.raises(ValueError, match="too many for a file"):
            logger.add_checkpoint("ü" * 120, 1)
        with pytest.raises(ValueError, match="too many for a file"):
            logger.add_checkpoint("?" * 100, 1)
        logger.add_checkpoint("ü" * 60 + "/" + "b" * 200, 1)
    assert len(LogReader(tmp_path).checkpoint_tags) == 1


def test_a_failed_write_leaves_no_line(tmp_path, monkeypatch):
    from pyexp.log.jsonlines import sink as jsonl
    from pyexp.log.values.events import Content, Item

    lines = JsonLines(tmp_path)
    text = Item(kind="text", tag="t", iteration=0, time=1.0, contents=(Content("text/plain", b"x"),))
    image = Item(kind="image", tag="i", iteration=0, time=1.0, contents=(Content("image/png", b"x"),))
    append = lines.prepare([], [(text, 0), (image, 0)])

    def failing(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(jsonl, "write_atomic", failing)
    with pytest.raises(OSError, match="No space"):
        append()
    assert os.path.getsize(tmp_path / "text.jsonl") == 0
    monkeypatch.undo()
    append()
    lines.close()
    reader = LogReader(tmp_path)
    assert reader.load_text("t") == [(0, "x")]
    assert reader.load_image("i", 0) == b"x"


def test_a_torn_line_is_ended_by_the_next_attempt(tmp_path):
    with Logger(tmp_path, use_protobuf=False) as logger:
        logger.add_scalar("a", 1)
    with open(tmp_path / "scalars.jsonl", "ab") as file:
        file.write(b'{"it": 5, "ta')
    with Logger(tmp_path, use_protobuf=False) as logger:
        logger.set_global_it(7)
        logger.add_scalar("a", 2)
    reader = LogReader(tmp_path)
    assert reader.load_scalars("a") == [(0, 1.0), (7, 2.0)]
    assert reader.damage == 1


@pytest.mark.parametrize("value", [0.1, 1e308, float("inf")])
@pytest.mark.parametrize("since", [0.3, 1e9 + 0.3, 1.7e9, 4.5e9])
def test_lines_say_exactly_what_was_logged(tmp_path, value, since):
    count = 2500
    times = array("d", [since + number * 1.1e-6 for number in range(count)])
    values = array("d", [value] * count)
    lines = JsonLines(tmp_path)
    lines.prepare([Points('100 % "x"', array("q", range(0, -count, -1)), values, times)], [])()
    lines.close()
    records = [json.loads(line) for line in (tmp_path / "scalars.jsonl").read_text().splitlines()]
    assert [record["it"] for record in records] == [*range(0, -count, -1)]
    assert [record["value"] for record in records] == [*values]
    assert [record["time"] for record in records] == [*times]
    assert {record["tag"] for record in records} == {'100 % "x"'}


def test_a_tag_longer_than_any_path(tmp_path):
    with Logger(tmp_path, use_protobuf=False) as logger:
        for tag in ("/".join(["y" * 180] * 30), "/".join(["?" * 60] * 10)):
            for call in (logger.add_checkpoint, logger.add_histogram):
                with pytest.raises(ValueError, match=r"has over 1000 bytes, too many for a file path"):
                    call(tag, [1])
        logger.add_text("t", "x")
    assert LogReader(tmp_path).load_text("t") == [(0, "x")]


def test_an_object_that_makes_no_path_fails_alone(tmp_path):
    logger = Logger(tmp_path, use_protobuf=False)
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "checkpoints").write_text("in the way")
    logger.add_scalar("a", 1)
    logger.add_image("before", [[1]])
    logger.add_checkpoint("c", 1)
    logger.add_text("t", "x")
    with pytest.raises(LogError, match="the tag 'c' of a checkpoint cannot be used as a file name here"):
        logger.flush()
    logger.add_text("t", "y")
    logger.close()
    reader = LogReader(tmp_path)
    assert reader.load_scalars("a") == [(0, 1.0)]
    assert reader.load_text("t") == [(0, "x"), (1, "y")]
    assert reader.image_tags == {"before"}
    assert sorted(os.listdir(tmp_path / "0" / "images")) == ["before.meta", "before.png"]


def test_the_same_tag_and_iteration_twice(tmp_path):
    for attempt in range(2):
        with Logger(tmp_path, use_protobuf=False) as logger:
            logger.set_global_it(3)
            for number in range(3):
                logger.add_checkpoint("c", (attempt, number))
                logger.add_checkpoint("C", (attempt, "another", number))
            logger.add_hparams({"a": 1})
            logger.add_hparams({"a": 2})
    reader = LogReader(tmp_path)
    assert reader.load_checkpoints("c") == [(3, (1, number)) for number in range(3)]
    assert reader.load_checkpoints("C") == [(3, (1, "another", number)) for number in range(3)]
    assert reader["c"] == (3, (1, 2))
    assert reader.hparams == {"a": 2}
    assert reader.damage == 0
    assert (tmp_path / "3" / "checkpoints" / "c~2.cpkl").exists()


def by_somebody_else(folder):
    """A folder as the documentation draws it: nothing but scalars, texts and the files of objects."""
    (folder / ".pyexp").touch()
    (folder / "scalars.jsonl").write_text('{"it": 0, "tag": "loss", "value": 1.5}\n')
    (folder / "text.jsonl").write_text('{"it": 0, "tag": "t", "text": "hi"}\n')
    for iteration, tag, obj in [(100, "model", {"a": 1}), (20, "group/model", {"b": 2}), (3, "model", [3])]:
        path = folder / str(iteration) / "checkpoints" / f"{tag}.cpkl"
        path.parent.mkdir(parents=True)
        path.write_bytes(pickle.dumps(obj))
        path.with_suffix(".meta").write_text("{}")
    for tag, meta in (("live", '{"interactive": true}'), ("static", '{"interactive": false}'), ("torn", '{"int')):
        path = folder / "3" / "figures" / f"{tag}.cpkl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(tag))
        path.with_suffix(".meta").write_text(meta)
    (folder / "3" / "figures" / ".x.cpkl.7.tmp").write_text("")


def check_somebody_elses(reader):
    assert reader.load_scalars("loss") == [(0, 1.5)]
    assert reader.load_text("t") == [(0, "hi")]
    assert reader.load_checkpoints("model") == [(3, [3]), (100, {"a": 1})]
    assert reader.load_checkpoint("group/model", 20) == {"b": 2}
    assert reader.iterations == [0, 3, 20, 100]
    interactive = {entry.tag: entry.interactive for entry in reader.entries("figure")}
    assert interactive == {"live": True, "static": False, "torn": True}
    assert reader.load_figure("static", 3) == "static"
    assert reader.damage == 0


def test_objects_are_found_without_a_list_of_them(tmp_path):
    by_somebody_else(tmp_path)
    reader = LogReader(tmp_path)
    check_somebody_elses(reader)
    assert not reader.refresh()
    (tmp_path / "3" / "checkpoints" / "later.cpkl").write_bytes(pickle.dumps(4))
    assert [entry.tag for entry in reader.refresh().objects] == ["later"]
    assert reader["later"] == (3, 4)


def test_logging_goes_on_where_somebody_else_logged(tmp_path):
    by_somebody_else(tmp_path)
    reader = LogReader(tmp_path)
    assert reader.checkpoint_tags == {"model", "group/model"}
    with Logger(tmp_path, use_protobuf=False) as logger:
        logger.set_global_it(100)
        logger.add_checkpoint("new", 5)
    assert reader.refresh().reset
    for known in (reader, LogReader(tmp_path)):
        check_somebody_elses(known)
        assert known["new"] == (100, 5)


@pytest.mark.parametrize("tag", ["a//b", "", "/x", "..", "ü:%", "a.b/c.", "x%3A", "\0"])
def test_a_name_tells_its_tag(tag):
    assert tag_of(file_name(tag)) == tag

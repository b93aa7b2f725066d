import os
import resource
import shutil

import pytest

from pyexp.errors import LogError, SelectionError
from pyexp.log import Logger, LogReader, find_runs
from pyexp.log.jsonlines import source as json_source

both_formats = pytest.mark.parametrize("use_protobuf", [True, False], ids=["protobuf", "jsonl"])


def test_a_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        LogReader(tmp_path / "nowhere")


def test_runs_at_any_depth(tmp_path):
    for name in ("a", "b/c/d", "b/c/d/inner", "e/.hidden/f"):
        Logger(tmp_path / name).close()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    reader = LogReader(tmp_path)
    assert not reader.is_run
    assert reader.runs == ["a", "b/c/d", "b/c/d/inner", "e/.hidden/f"]
    assert reader.get_run("b/c/d").runs == ["inner"]
    assert list(find_runs(tmp_path / "a")) == ["."]
    assert not reader.refresh()


@both_formats
def test_runs_in_folders_named_by_numbers(tmp_path, use_protobuf):
    names = ["exp", "exp/-3/x", "exp/0", "exp/1/2", "exp/1/2/3", "exp/sub"]
    for name in names:
        with Logger(tmp_path / name, use_protobuf) as logger:
            logger.add_checkpoint("figures/c", 1)
    (tmp_path / "exp" / "0" / "checkpoints" / "c").mkdir(parents=True, exist_ok=True)
    (tmp_path / "exp" / "0" / "checkpoints" / "c" / ".pyexp").touch()  # a name of an object, not a run
    assert LogReader(tmp_path).runs == names
    assert LogReader(tmp_path / "exp").runs == [name[4:] for name in names[1:]]
    assert LogReader(tmp_path).get_run("exp/0").checkpoint_tags == {"figures/c"}


@both_formats
def test_a_log_that_gives_way_to_the_other_format_is_followed(tmp_path, use_protobuf):
    unused = Logger(tmp_path, use_protobuf)
    reader = LogReader(tmp_path)
    assert reader.scalar_tags == set()
    with Logger(tmp_path, not use_protobuf) as logger:
        logger.add_scalar("a", 1)
    changes = reader.refresh()
    assert changes.reset
    assert dict(changes.scalars) == {"a": 0}
    assert reader.load_scalars("a") == [(0, 1.0)]
    assert not reader.refresh()
    unused.close()


def test_a_replaced_file_has_no_points_of_the_old_one(tmp_path):
    folder = tmp_path / "run"
    with Logger(folder) as logger:
        logger.add_scalar("aa", 1)
    reader = LogReader(folder)
    assert reader.scalar_tags == {"aa"}
    shutil.rmtree(folder)
    with Logger(folder) as logger:
        logger.add_scalar("bb", 1)
    assert reader.point_count("aa") == 0
    assert reader.refresh().reset
    assert reader.point_count("bb") == 1


def test_an_attempt_that_begins_while_it_is_looked_at(tmp_path, monkeypatch):
    """Its begin was not there yet when its first lines were read: they are assigned anew."""
    with Logger(tmp_path, use_protobuf=False) as logger:
        for it in range(10):
            logger.set_global_it(it)
            logger.add_scalar("a", it)
            logger.add_text("t", str(it))
    reader = LogReader(tmp_path)
    assert len(reader.load_scalars("a")) == 10
    read = json_source._Lines.read

    def read_then_log(lines):
        yield from read(lines)
        if lines._path.name == "log.jsonl":
            monkeypatch.undo()
            with Logger(tmp_path, use_protobuf=False) as logger:
                for it in range(5, 8):
                    logger.set_global_it(it)
                    logger.add_scalar("a", 100 + it)
                    logger.add_text("t", str(100 + it))

    monkeypatch.setattr(json_source._Lines, "read", read_then_log)
    reader.refresh()
    changes = reader.refresh()
    assert changes.reset
    assert dict(changes.scalars) == {"a": 0}
    assert reader.load_scalars("a") == LogReader(tmp_path).load_scalars("a")
    assert [value for _, value in reader.load_scalars("a")] == [0, 1, 2, 3, 4, 105, 106, 107]
    assert reader.load_text("t") == LogReader(tmp_path).load_text("t")
    assert not reader.refresh()


@pytest.mark.parametrize("name", ["aa", "", "..", "../a", "a/../a", "/"])
def test_an_unknown_run(tmp_path, name):
    Logger(tmp_path / "x" / "a").close()
    with pytest.raises(SelectionError, match="no run"):
        LogReader(tmp_path / "x").get_run(name)


@both_formats
def test_refresh_tells_what_is_new(tmp_path, use_protobuf):
    with Logger(tmp_path, use_protobuf) as logger:
        reader = LogReader(tmp_path)
        assert not reader.refresh()
        for number in range(5):
            logger.add_scalar("a", number)
        logger.add_text("t", "one")
        logger.flush()
        changes = reader.refresh()
        assert dict(changes.scalars) == {"a": 0}
        assert [(entry.kind, entry.tag) for entry in changes.objects] == [("text", "t")]
        assert not reader.refresh()
        logger.add_scalar("a", 5)
        logger.add_scalar("b", 0)
        logger.flush()
        changes = reader.refresh()
        assert dict(changes.scalars) == {"a": 5, "b": 0}
        assert list(reader.read_series("a", 5).values) == [5.0]
        assert list(reader.read_series("a", 2).iterations) == [2, 3, 4, 5]
        assert reader.point_count("a") == 6
    assert not reader.refresh()
    with Logger(tmp_path, use_protobuf) as logger:
        logger.set_global_it(3)
        logger.add_scalar("a", 33)
        logger.add_text("t", "two")
    changes = reader.refresh()
    assert dict(changes.scalars) == {"a": 0}
    assert changes.hidden
    assert reader.load_scalars("a") == [(0, 0.0), (1, 1.0), (2, 2.0), (3, 33.0)]
    assert list(reader.read_series("a", 3).values) == [33.0]


@both_formats
def test_a_log_that_was_removed_or_replaced_is_reset(tmp_path, use_protobuf):
    folder = tmp_path / "run"
    with Logger(folder, use_protobuf) as logger:
        logger.add_scalar("a", 1)
    reader = LogReader(folder)
    assert reader.scalar_tags == {"a"}
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink()
    assert reader.refresh().reset
    assert reader.scalar_tags == set()
    assert len(reader.read_series("a")) == 0
    with Logger(folder, use_protobuf) as logger:
        logger.add_scalar("b", 2)
    reader.refresh()
    assert reader.scalar_tags == {"b"}
    assert reader.load_scalars("b") == [(0, 2.0)]


def moved_away(folder, reader):
    folder.rename(folder.with_name("away"))
    reader.refresh()
    folder.with_name("away").rename(folder)


def copied_back(folder, reader):
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy)
    shutil.rmtree(folder)
    reader.refresh()
    shutil.copytree(copy, folder)


def out_of_descriptors(folder, reader):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        reader.refresh()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@both_formats
@pytest.mark.parametrize("vanish", [moved_away, copied_back, out_of_descriptors])
def test_a_log_that_could_not_be_opened_comes_back_as_it_was(tmp_path, use_protobuf, vanish):
    folder = tmp_path / "run"
    with Logger(folder, use_protobuf) as logger:
        logger.add_scalar("a", 1)
        logger.add_text("t", "one")
    reader = LogReader(folder)
    assert reader.scalar_tags == {"a"}
    vanish(folder, reader)
    assert reader.scalar_tags == set()
    reader.refresh()
    assert reader.load_scalars("a") == [(0, 1.0)]
    assert reader.load_text("t") == [(0, "one")]
    assert reader.problem is None


@both_formats
def test_unknown_tags(tmp_path, use_protobuf):
    with Logger(tmp_path, use_protobuf) as logger:
        logger.add_scalar("loss", 1)
        logger.add_checkpoint("model", 1)
    reader = LogReader(tmp_path)
    assert reader.load_scalars("los") == []
    assert reader.load_text("los") == []
    assert len(reader.load_scalars_array("los").values) == 0
    with pytest.raises(KeyError, match="'loss'"):
        reader["los"]
    with pytest.raises(KeyError, match="no checkpoint 'model' at iteration 5"):
        reader.load_checkpoint("model", 5)
    with pytest.raises(KeyError, match="no figure"):
        reader.load_figure("f", 0)


@pytest.mark.slow
def test_big_contents_are_not_read_for_scalars(tmp_path, monkeypatch):
    with Logger(tmp_path) as logger:
        logger.add_scalar("a", 1)
        logger.add_checkpoint("big", bytes(20_000_000))
        logger.flush()
        logger.add_scalar("a", 2)
    from pyexp.log.values import parts

    taken = []
    original = parts._read_once

    def counting(file, offset, size):
        data = original(file, offset, size)
        taken.append(len(data))
        return data

    monkeypatch.setattr(parts, "_read_once", counting)
    reader = LogReader(tmp_path)
    assert reader.load_scalars("a") == [(0, 1.0), (1, 2.0)]
    assert reader.entries("checkpoint")[0].size > 20_000_000
    assert sum(taken) < 300_000


def test_damaged_contents_are_counted_and_passed_over(tmp_path):
    with Logger(tmp_path) as logger:
        for number in range(3):
            logger.set_global_it(number)
            logger.add_checkpoint("c", b"content%d" % number * 100)
    path = tmp_path / "events.pb"
    path.write_bytes(path.read_bytes().replace(b"content2" * 50, b"contentX" * 50, 1))
    reader = LogReader(tmp_path)
    assert reader["c"] == (1, b"content1" * 100)
    assert [it for it, _ in reader.load_checkpoints("c")] == [0, 1]
    assert reader.damage == 1
    with pytest.raises(LogError, match="damaged"):
        reader.load_checkpoint("c", 2)


@pytest.mark.slow
def test_damage_that_heals_resets_the_reader(tmp_path):
    """Somebody copies a log over another one while it is read: what was half copied is read again."""
    with Logger(tmp_path) as logger:
        for number in range(4):
            logger.add_scalar("a", number)
            logger.flush()
    path = tmp_path / "events.pb"
    whole = path.read_bytes()
    healed = 0
    for damaged_at in range(50, len(whole) - 100, 7):
        damaged = bytearray(whole[:-1])
        damaged[damaged_at] ^= 1
        path.write_bytes(damaged)
        os.utime(path, (1, 1))
        reader = LogReader(tmp_path)
        lost = 4 - len(reader.load_scalars("a"))
        path.write_bytes(whole)
        assert reader.refresh().reset or not lost
        assert len(reader.load_scalars("a")) == 4
        healed += lost
    assert healed


def test_a_newer_format_is_refused_by_name(tmp_path, monkeypatch):
    from pyexp.log.eventfile import codec

    monkeypatch.setattr(codec, "FORMAT", 2)
    Logger(tmp_path).close()
    monkeypatch.setattr(codec, "FORMAT", 1)
    with pytest.raises(LogError, match="format 2 by a newer pyexp"):
        LogReader(tmp_path).refresh()


def test_damaged_json_lines_are_counted_and_passed_over(tmp_path):
    with Logger(tmp_path, use_protobuf=False) as logger:
        logger.add_scalar("a", 1)
        logger.add_text("t", "x")
    with open(tmp_path / "scalars.jsonl", "a") as file:
        file.write('nonsense\n[1]\n{"it": 1, "tag": 3, "value": 0}\n{"it": 1.5, "tag": "a", "value": 0}\n')
        file.write('{"it": 9, "tag": "a", "value": NaN}\n{"it": 10, "tag": "a", "va')
    reader = LogReader(tmp_path)
    assert [it for it, _ in reader.load_scalars("a")] == [0, 9]
    assert reader.damage == 4
    with Logger(tmp_path, use_protobuf=False) as logger:
        logger.set_global_it(20)
        logger.add_scalar("a", 2)
    assert reader.refresh().scalars == {"a": 0}
    assert [it for it, _ in reader.load_scalars("a")] == [0, 9, 20]


def test_json_objects_outside_of_the_folder_are_not_listed(tmp_path):
    Logger(tmp_path, use_protobuf=False).close()
    for path in ("/etc/passwd", "../secret", "a/../../x"):
        with open(tmp_path / "log.jsonl", "a") as file:
            file.write(
                f'{{"it": 0, "tag": "x", "kind": "image", "time": 0, "parts": [["image/png", "{path}", 1, 1]]}}\n'
            )
    reader = LogReader(tmp_path)
    assert reader.entries() == []
    assert reader.damage == 3


QUESTIONS = {
    "scalar_tags": lambda reader: reader.scalar_tags,
    "load_scalars": lambda reader: reader.load_scalars("a"),
    "load_scalars_array": lambda reader: reader.load_scalars_array("a"),
    "read_series": lambda reader: reader.read_series("a"),
    "point_count": lambda reader: reader.point_count("a"),
    "load": lambda reader: reader.load("text", "t", 0),
    "tags": lambda reader: reader.tags("figure"),
    "hparams": lambda reader: reader.hparams,
    "iterations": lambda reader: reader.iterations,
    "damage": lambda reader: reader.damage,
    "attempts": lambda reader: reader.attempts,
}


@both_formats
@pytest.mark.parametrize("name", QUESTIONS)
def test_a_folder_of_runs_is_no_run(tmp_path, use_protobuf, name):
    with Logger(tmp_path / "b" / "run one", use_protobuf) as logger:
        logger.add_scalar("a", 1)
    reader = LogReader(tmp_path)
    with pytest.raises(LogError, match=r"runs below it, such as 'b/run one': `runs` lists them, and `get_run\('b/run"):
        QUESTIONS[name](reader)
    with pytest.raises(KeyError, match="`runs` lists them"):
        reader["a"]
    assert reader.get_run("b/run one")["a"] == (0, 1.0)


@both_formats
def test_a_log_among_runs_may_be_waited_for(tmp_path, use_protobuf):
    Logger(tmp_path / "below", use_protobuf).close()
    reader = LogReader(tmp_path)
    assert not reader.refresh()
    assert reader.scalar_tags == set()
    with Logger(tmp_path, use_protobuf) as logger:
        logger.add_scalar("a", 1)
    reader.refresh()
    assert reader["a"] == (0, 1.0)


def test_an_empty_folder_is_a_log_to_come(tmp_path):
    reader = LogReader(tmp_path)
    assert reader.scalar_tags == set()
    assert reader.problem is None
    with Logger(tmp_path) as logger:
        logger.add_scalar("a", 1)
    assert reader["a"] == (0, 1.0)


FOREIGN = {
    "a picture": ("events.pb", b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
    "a text": ("events.pb", b"this is no log\n" * 20),
    "a gzip file": ("events.pb", b"\x1f\x8b\x08" + bytes(range(200))),
    "an event file of TensorBoard": ("events.pb", b"\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22\x09brain.Event:2" * 3),
    "another protobuf message": ("events.pb", b"\x0a\x05hello\x12\x05world" * 9),
    "one byte": ("events.pb", b"x"),
    "JSON lines of another program": ("scalars.jsonl", b'{"step": 1, "loss": 0.5}\n' * 5),
    "a table": ("scalars.jsonl", b"step,loss\n1,0.5\n"),
    "JSON that is no line": ("log.jsonl", b"[1, 2]\n"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_log_of_ours_is_said_once(tmp_path, name):
    file, content = FOREIGN[name]
    (tmp_path / file).write_bytes(content)
    reader = LogReader(tmp_path)
    with pytest.warns(
        UserWarning, match="is not an event log" if file == "events.pb" else "holds no log of ours"
    ) as seen:
        assert reader.scalar_tags == set()
    assert seen[0].filename == __file__
    assert reader.entries() == []
    assert reader.problem == str(seen[0].message)
    follower = LogReader(tmp_path)
    follower.refresh()
    assert follower.problem == reader.problem


@pytest.mark.parametrize("content", [b"", bytes(4096), b"\x0a", None], ids=["empty", "zeros", "a first byte", "torn"])
def test_what_may_become_a_log_is_no_foreign_one(tmp_path, content):
    with Logger(tmp_path / "run") as logger:
        logger.add_scalar("a", 1)
    path = tmp_path / "run" / "events.pb"
    path.write_bytes(path.read_bytes()[:30] if content is None else content)
    reader = LogReader(tmp_path / "run")
    assert reader.scalar_tags == set()
    assert reader.problem is None

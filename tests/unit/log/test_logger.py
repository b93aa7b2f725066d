import asyncio
import copy
import fractions
import gc
import math
import os
import pickle
import threading
from pathlib import Path

import cloudpickle
import numpy as np
import pytest

from pyexp.errors import LogError, LogWriteError, UnpicklableError
from pyexp.log import Logger, LogReader, flush_all
from pyexp.log.queue import shared_thread

both_formats = pytest.mark.parametrize("use_protobuf", [True, False], ids=["protobuf", "jsonl"])


@pytest.fixture
def log(tmp_path):
    with Logger(tmp_path / "run") as logger:
        yield logger


def read(logger):
    logger.flush()
    return LogReader(logger.path)


@both_formats
def test_everything_comes_back(tmp_path, use_protobuf):
    with Logger(tmp_path / "a" / "run", use_protobuf) as logger:
        for epoch in range(3):
            logger.set_global_it(epoch * 10)
            logger.add_scalar("loss/train", 1 / (epoch + 1))
            logger.add_scalars({"a": epoch, "b": math.nan})
            logger.add_text("note", f"line\n{epoch} ü")
            logger.add_checkpoint("model", {"epoch": epoch})
        logger.add_hparams({"lr": 0.1, "path": Path("x")}, {"loss": 0.5})
    reader = LogReader(tmp_path / "a" / "run")
    assert reader.is_run
    assert reader.scalar_tags == {"loss/train", "a", "b"}
    assert reader.load_scalars("loss/train") == [(0, 1.0), (10, 0.5), (20, 1 / 3)]
    assert reader.load_scalars("a") == [(0, 0.0), (10, 1.0), (20, 2.0)]
    assert [math.isnan(value) for _, value in reader.load_scalars("b")] == [True] * 3
    assert reader.load_text("note") == [(0, "line\n0 ü"), (10, "line\n1 ü"), (20, "line\n2 ü")]
    assert reader.load_checkpoints("model") == [(0, {"epoch": 0}), (10, {"epoch": 1}), (20, {"epoch": 2})]
    assert reader["model"] == (20, {"epoch": 2})
    assert reader.hparams == {"lr": 0.1, "path": "x"}
    assert reader.iterations == [0, 10, 20]
    assert reader.damage == 0


def test_the_folder_holds_a_marker_and_one_file(log):
    log.add_scalar("a", 1)
    log.close()
    assert sorted(os.listdir(log.path)) == [".pyexp", "events.pb"]
    assert (log.path / ".pyexp").read_bytes() == b""


class Tensor:
    def __float__(self):
        return 2.5


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, 1.0),
        (True, 1.0),
        (np.float32(0.5), 0.5),
        (np.float64(0.25), 0.25),
        (np.int8(-3), -3.0),
        (np.array(1.5), 1.5),
        (np.array([1.25]), 1.25),
        (np.array([[True]]), 1.0),
        (fractions.Fraction(1, 4), 0.25),
        (Tensor(), 2.5),
        (math.inf, math.inf),
        (-math.inf, -math.inf),
    ],
)
def test_numbers_of_every_kind(log, value, expected):
    log.add_scalar("x", value)
    assert read(log).load_scalars("x") == [(0, expected)]


ODD = [np.array("3.5"), np.array(["3.5"]), np.complex128(1 + 2j), np.bytes_(b"3"), np.timedelta64(5, "s"), np.array([])]


@pytest.mark.parametrize("value", ["1", b"1", None, [1.0], {}, 1j, np.array([1.0, 2.0]), np.str_("3"), 10**400, *ODD])
def test_what_is_no_number_is_refused_at_the_call(log, value):
    with pytest.raises(TypeError, match="'x' must be"):
        log.add_scalar("x", value)
    with pytest.raises(TypeError, match="'x' must be"):
        log.add_scalars({"good": 1.0, "x": value})
    log.add_scalar("x", 7)
    reader = read(log)
    assert reader.load_scalars("x") == [(0, 7.0)]
    assert reader.scalar_tags == {"x"}


def test_iterations_are_integers_of_64_bits(log):
    for it in (-(1 << 63), (1 << 63) - 1, np.int32(5)):
        log.set_global_it(it)
        log.add_scalar("x", 0)
    with pytest.raises(TypeError, match=r"the iteration must be an integer; found 1\.0 of type float"):
        log.set_global_it(1.0)
    with pytest.raises(ValueError, match="64 bits"):
        log.set_global_it(1 << 63)
    assert [it for it, _ in read(log).load_scalars("x")] == [-(1 << 63), (1 << 63) - 1, 5]


@both_formats
def test_iterations_as_far_apart_as_can_be(tmp_path, use_protobuf):
    with Logger(tmp_path, use_protobuf) as logger:
        logger.add_scalar("other", 5)
        for it in (-(1 << 63), (1 << 63) - 1):
            logger.set_global_it(it)
            logger.add_scalar("x", it > 0)
    reader = LogReader(tmp_path)
    assert reader.load_scalars("x") == [(-(1 << 63), 0.0), ((1 << 63) - 1, 1.0)]
    assert reader.load_scalars_array("x").iterations.tolist() == [-(1 << 63), (1 << 63) - 1]
    assert reader.load_scalars("other") == [(0, 5.0)]


def test_any_unicode_makes_a_tag_of_a_scalar_or_text(log):
    tags = ["", "..", "/etc", "a\nb", "\0", "🙂/ü", "CON", "a" * 5000]
    for tag in tags:
        log.add_scalar(tag, 1)
        log.add_text(tag, tag)
    reader = read(log)
    assert reader.scalar_tags == reader.text_tags == set(tags)


def test_text_must_be_text_and_may_hold_anything(log):
    with pytest.raises(TypeError, match="str"):
        log.add_text("t", 3)
    log.add_text("t", "\0\ud800")
    assert read(log).load_text("t") == [(0, "\0\\ud800")]


@both_formats
@pytest.mark.parametrize("tag", ["..", "../x", "a/../../x", "a/..", "/x", ".", "./x", ""])
def test_tags_that_would_leave_the_folder(tmp_path, tag, use_protobuf):
    with Logger(tmp_path, use_protobuf) as logger:
        with pytest.raises(ValueError, match="would leave"):
            logger.add_checkpoint(tag, 1)
        with pytest.raises(ValueError, match="would leave"):
            logger.add_figure(tag, None)


STRANGE_TAGS = [
    "a//b",
    "a/b",
    "a/",
    "a: b",
    "a\\..\\b",
    "\\x",
    "C:x",
    "a\0",
    " ",
    "a/ .. /b",
    "...",
    "con",
    "~2",
    "a~2",
]


@both_formats
@pytest.mark.slow
def test_strange_tags_that_stay_in_the_folder(tmp_path, use_protobuf):
    with Logger(tmp_path / "run", use_protobuf) as logger:
        for tag in STRANGE_TAGS:
            logger.add_checkpoint(tag, tag)
        for tag in (*STRANGE_TAGS, "..", "../../x", "/x", "", "."):  # these are never paths
            logger.add_histogram(tag, [1])
            logger.add_table(tag, {"tag": [tag]})
            logger.add_image(tag, [[1]])
    reader = LogReader(tmp_path / "run")
    assert {tag: reader.load_checkpoint(tag, 0) for tag in STRANGE_TAGS} == {tag: tag for tag in STRANGE_TAGS}
    assert (
        reader.histogram_tags
        == reader.table_tags
        == reader.image_tags
        == {*STRANGE_TAGS, "..", "../../x", "/x", "", "."}
    )
    assert all(reader.load_table(tag, 0)["rows"] == [[tag]] for tag in reader.table_tags)
    assert os.listdir(tmp_path) == ["run"]
    assert reader.damage == 0


def test_a_tag_that_cannot_be_hashed(log):
    with pytest.raises(TypeError, match=r"a tag must be a string; found \[1\]"):
        log.add_scalar([1], 1)


def test_a_path_that_no_folder_can_have():
    with pytest.raises(ValueError, match=r"cannot log to 'a.x00b'"):
        Logger("a\0b")


@pytest.mark.slow
def test_add_scalar_alone_keeps_the_log_open(tmp_path, monkeypatch):
    monkeypatch.setattr(shared_thread, "thread", shared_thread.SharedThread())
    before = {*threading.enumerate()}
    add = Logger(tmp_path).add_scalar
    gc.collect()
    for number in range(3):
        add("x", number)
    flush_all()
    assert len(LogReader(tmp_path).load_scalars("x")) == 3
    [thread] = [thread for thread in threading.enumerate() if thread.name == "pyexp-log" and thread not in before]
    assert thread.is_alive()
    del add
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()


def test_subclasses_may_replace_the_closures(tmp_path):
    class Prefixed(Logger):
        def add_scalar(self, tag, value):
            super().add_scalar(f"pre/{tag}", value)

        def step(self, it):
            super().set_global_it(it)

    with Prefixed(tmp_path) as logger:
        logger.step(5)
        logger.add_scalar("x", 1)
        logger.add_scalars({"y": 2})
        logger.set_global_it(6)
        logger.add_scalar("x", 3)
    reader = LogReader(tmp_path)
    assert reader.load_scalars("pre/x") == [(5, 1.0), (6, 3.0)]
    assert reader.load_scalars("pre/y") == [(5, 2.0)]
    assert reader.scalar_tags == {"pre/x", "pre/y"}


@pytest.mark.parametrize("copies", [copy.copy, copy.deepcopy, pickle.dumps, cloudpickle.dumps])
def test_a_logger_is_not_copied(log, copies):
    with pytest.raises(UnpicklableError, match="neither copied nor sent to another process: share it, or open"):
        copies(log)


def log_in_a_fork(logger):
    """Log in a forked child; return the error that this gives there."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            logger.add_text("from the child", "x")
            logger.close()
        except LogError as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.close(write)
    with open(read, "rb") as file:
        told = file.read().decode()
    os.waitpid(child, 0)
    return told


@both_formats
def test_a_relative_folder_stays_where_it_was(tmp_path, monkeypatch, use_protobuf):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    logger = Logger("run", use_protobuf)
    assert (str(logger.path), repr(logger)) == ("run", "Logger('run')")
    reader, parent = LogReader("run"), LogReader(".")
    monkeypatch.chdir(tmp_path / "elsewhere")
    logger.add_checkpoint("c", 1)
    logger.flush()
    if hasattr(os, "fork"):
        log_in_a_fork(logger)
    logger.close()
    assert reader["c"] == (0, 1)
    if hasattr(os, "fork"):
        assert reader["from the child"] == (0, "x")
    assert (str(reader.path), repr(reader)) == ("run", "LogReader('run')")
    assert parent.runs == ["run"]
    assert parent.get_run("run")["c"] == (0, 1)
    assert str(parent.get_run("run").path) == "run"
    assert os.listdir(tmp_path / "elsewhere") == []


def test_unpicklable_objects_raise_and_later_calls_work(log):
    with pytest.raises(UnpicklableError, match=r"'bad' cannot be pickled.*lock"):
        log.add_checkpoint("bad", {"lock": threading.Lock()})
    log.add_checkpoint("good", 1)
    reader = read(log)
    assert reader.checkpoint_tags == {"good"}


def test_objects_are_captured_at_the_call(log):
    state = [0]
    for number in range(100):
        state[0] = number
        log.add_checkpoint("state", state)
    state[0] = -1
    assert read(log).load_checkpoints("state") == [(number, [number]) for number in range(100)]


@both_formats
def test_a_new_logger_on_the_folder_is_a_new_attempt(tmp_path, use_protobuf):
    for attempt, begin in ((1, 0), (2, 3)):
        with Logger(tmp_path, use_protobuf) as logger:
            for it in range(begin, 6):
                logger.set_global_it(it)
                logger.add_scalar("x", attempt * 10 + it)
                logger.add_text("t", f"{attempt} {it}")
                if attempt == 1:
                    logger.add_scalar("only first", it)
                    logger.add_checkpoint("c", it)
    reader = LogReader(tmp_path)
    assert reader.load_scalars("x") == [(0, 10.0), (1, 11.0), (2, 12.0), (3, 23.0), (4, 24.0), (5, 25.0)]
    assert reader.load_text("t") == [(0, "1 0"), (1, "1 1"), (2, "1 2"), (3, "2 3"), (4, "2 4"), (5, "2 5")]
    assert len(reader.load_scalars("only first")) == 6
    assert reader.checkpoint_iterations("c") == [0, 1, 2, 3, 4, 5]
    assert len(reader.attempts) == 2


@both_formats
def test_the_other_format_is_refused(tmp_path, use_protobuf):
    with Logger(tmp_path, use_protobuf) as logger:
        logger.add_text("t", "x")
    with pytest.raises(LogError, match="other format"):
        Logger(tmp_path, not use_protobuf)
    assert LogReader(tmp_path)["t"] == (0, "x")


@both_formats
def test_a_log_of_the_other_format_that_waits_to_be_written_is_refused_too(tmp_path, use_protobuf):
    with Logger(tmp_path, use_protobuf) as logger:
        logger.add_scalar("x", 1)
        with pytest.raises(LogError, match="other format"):
            Logger(tmp_path, not use_protobuf)
    assert LogReader(tmp_path).load_scalars("x") == [(0, 1.0)]


@both_formats
@pytest.mark.parametrize("is_open", [True, False], ids=["open", "closed"])
def test_an_unused_log_of_the_other_format_gives_way(tmp_path, use_protobuf, is_open):
    unused = Logger(tmp_path, use_protobuf)
    if not is_open:
        unused.close()
    with Logger(tmp_path, not use_protobuf) as logger:
        logger.add_scalar("x", 1)
        if is_open:
            unused.add_scalar("y", 2)
            with pytest.raises(LogError, match=r"'y' are dropped: the folder .* holds a log of the other format"):
                unused.flush()
        unused.close()
    assert LogReader(tmp_path).load_scalars("x") == [(0, 1.0)]
    assert ("events.pb" in os.listdir(tmp_path)) == (not use_protobuf)
    assert ("log.jsonl" in os.listdir(tmp_path)) == use_protobuf


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@both_formats
def test_a_forked_child_of_a_logger_that_gave_way_makes_no_file(tmp_path, use_protobuf):
    unused = Logger(tmp_path, use_protobuf)
    Logger(tmp_path, not use_protobuf).close()
    files = sorted(os.listdir(tmp_path))
    assert "holds a log of the other format" in log_in_a_fork(unused)
    unused.close()
    assert sorted(os.listdir(tmp_path)) == files


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LogWriteError, match="cannot log to"):
        Logger(tmp_path / "file" / "run")


def test_a_closed_logger_says_so(tmp_path):
    logger = Logger(tmp_path)
    logger.add_scalar("x", 1)
    logger.close()
    for call in (
        lambda: logger.add_scalar("x", 1),
        lambda: logger.add_text("t", ""),
        lambda: logger.add_scalars({"y": 1}),
    ):
        with pytest.raises(LogError, match="closed"):
            call()
    logger.flush()
    logger.close()


def test_a_dropped_logger_finishes_its_file(tmp_path, monkeypatch):
    monkeypatch.setattr(shared_thread, "thread", shared_thread.SharedThread())
    before = {*threading.enumerate()}
    logger = Logger(tmp_path)
    logger.add_scalar("x", 1)
    [thread] = [thread for thread in threading.enumerate() if thread.name == "pyexp-log" and thread not in before]
    del logger
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()
    assert LogReader(tmp_path).load_scalars("x") == [(0, 1.0)]


def test_aflush_leaves_the_loop_free(tmp_path):
    async def log():
        with Logger(tmp_path) as logger:
            logger.add_scalar("x", 1)
            await logger.aflush()
            return LogReader(tmp_path).load_scalars("x")

    assert asyncio.run(log()) == [(0, 1.0)]


@pytest.mark.slow
def test_a_million_scalars(tmp_path):
    with Logger(tmp_path) as logger:
        for it in range(250_000):
            logger.set_global_it(it)
            for tag in ("a", "b", "c", "d"):
                logger.add_scalar(tag, it)
    reader = LogReader(tmp_path)
    for tag in ("a", "b", "c", "d"):
        arrays = reader.load_scalars_array(tag)
        assert (arrays.iterations == np.arange(250_000)).all()
        assert (arrays.values == np.arange(250_000)).all()
        assert (np.diff(arrays.times) >= 0).all()
    assert (tmp_path / "events.pb").stat().st_size < 20e6


def test_jsonl_is_laid_out_as_documented(tmp_path):
    with Logger(tmp_path, use_protobuf=False) as logger:
        logger.set_global_it(7)
        logger.add_scalar("a", 0.5)
        logger.add_text("t", "hello")
        logger.add_checkpoint("group/model", 1)
    assert '{"it": 7, "tag": "a", "value": 0.5, "time": ' in (tmp_path / "scalars.jsonl").read_text()
    assert '{"it": 7, "tag": "t", "text": "hello", "time": ' in (tmp_path / "text.jsonl").read_text()
    assert (tmp_path / "7" / "checkpoints" / "group" / "model.cpkl").exists()
    assert (tmp_path / "7" / "checkpoints" / "group" / "model.meta").exists()

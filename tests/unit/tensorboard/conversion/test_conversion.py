import io
import os
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import PIL.Image
import pytest
import tensorboardX

from pyexp.errors import LogError, LogWriteError
from pyexp.log import LogReader
from pyexp.log.eventfile.sink import EventFile
from pyexp.tensorboard import convert
from support.event_files import event, framed, value, write

mpl.use("Agg")


@pytest.fixture
def theirs(tmp_path):
    """A log that tensorboardX wrote, with runs at two depths."""
    chance = np.random.default_rng(1)
    for name in ("a", "deep/b"):
        writer = tensorboardX.SummaryWriter(str(tmp_path / "theirs" / name))
        for step in range(200):
            writer.add_scalar("loss/train", 1 / (step + 1), step, walltime=1e9 + step)
            writer.add_scalar("negative_steps", step, step - 5, walltime=1e9)
        writer.add_scalar("special", float("nan"), 0)
        writer.add_scalar("special", float("inf"), 1)
        writer.add_text("note", "hello ü", 3)
        writer.add_image("picture", chance.integers(0, 255, (3, 4, 5), dtype="uint8"), 7)
        writer.add_histogram("weights", chance.normal(size=1000), 9)
        writer.add_hparams({"lr": 0.1, "name": "x", "flag": True}, {"final": 0.5})
        writer.close()
    return tmp_path / "theirs"


@pytest.mark.slow
def test_a_log_of_tensorboardx_reads_back_with_the_same_numbers(theirs, tmp_path):
    made = convert(theirs, tmp_path / "ours")
    assert tmp_path / "ours" / "a" in made
    assert made == sorted(made)
    reader = LogReader(tmp_path / "ours")
    assert {"a", "deep/b"} <= set(reader.runs)
    for name in ("a", "deep/b"):
        run = reader.get_run(name)
        series = run.read_series("loss/train")
        assert list(series.iterations) == list(range(200))
        assert series.values.tolist() == [float(np.float32(1 / (step + 1))) for step in range(200)]
        assert series.times.tolist() == [1e9 + step for step in range(200)]
        assert [it for it, _ in run.load_scalars("negative_steps")] == list(range(-5, 195))
        assert str(run.load_scalars("special")) == "[(0, nan), (1, inf)]"
        assert run.load_text("note") == [(3, "hello ü")]
        assert PIL.Image.open(io.BytesIO(run.load_image("picture", 7))).size == (5, 4)
        histogram = run.load_histogram("weights", 9)
        assert len(histogram["edges"]) == len(histogram["counts"]) + 1
        assert histogram["edges"] == sorted(histogram["edges"])
        assert sum(histogram["counts"]) == 1000


@pytest.mark.slow
def test_hyperparameters_come_over(theirs, tmp_path):
    convert(theirs, tmp_path / "ours")
    reader = LogReader(tmp_path / "ours")
    found = [run.hparams for run in map(reader.get_run, reader.runs) if run.hparams]
    assert found
    assert all(hparams == {"lr": 0.1, "name": "x", "flag": True} for hparams in found)


@pytest.mark.slow
def test_one_file_may_be_given(theirs, tmp_path):
    [file] = (theirs / "a").glob("*tfevents*")
    assert convert(file, tmp_path / "one") == [tmp_path / "one"]
    assert len(LogReader(tmp_path / "one").load_scalars("loss/train")) == 200


def test_the_files_of_a_folder_make_one_run(tmp_path):
    for number in range(3):
        step = event(value("loss", simple_value=number), step=number)
        write(tmp_path / "theirs" / f"events.out.tfevents.{number}", [step])
    write(tmp_path / "theirs" / "events.out.tfevents.9.profile-empty", [])
    assert convert(tmp_path / "theirs", tmp_path / "ours") == [tmp_path / "ours"]
    assert LogReader(tmp_path / "ours").load_scalars("loss") == [(0, 0.0), (1, 1.0), (2, 2.0)]


@pytest.mark.slow
def test_a_log_is_not_converted_twice(theirs, tmp_path):
    convert(theirs, tmp_path / "ours")
    with pytest.raises(LogError, match="holds a log already: convert to another folder"):
        convert(theirs, tmp_path / "ours")
    assert len(LogReader(tmp_path / "ours" / "a").load_scalars("loss/train")) == 200


def test_nothing_to_convert(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no event file of TensorBoard \(\*tfevents\*\) in .* or below: give"):
        convert(tmp_path, tmp_path / "ours")
    with pytest.raises(FileNotFoundError, match=r"no file or folder .*missing.*: give"):
        convert(tmp_path / "missing", tmp_path / "ours")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_torn_file_gives_what_is_whole(theirs, tmp_path):
    [file] = (theirs / "a").glob("*tfevents*")
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 4 + 3])
    with pytest.warns(UserWarning, match=r"bytes from byte [\d,]+ on were left unread: the file ends within a record"):
        convert(file, tmp_path / "torn")
    points = LogReader(tmp_path / "torn").load_scalars("loss/train")
    assert 0 < len(points) < 200
    assert points == [(step, float(np.float32(1 / (step + 1)))) for step in range(len(points))]


def test_a_damaged_length_tells_how_much_was_not_read(tmp_path):
    records = [event(value("x", simple_value=step), step=step) for step in range(1, 11)]
    path = write(tmp_path / "theirs" / "tfevents", records)
    data = bytearray(path.read_bytes())
    size = len(data) // 10
    data[size * 3] ^= 1
    path.write_bytes(data)
    told = rf"tfevents': {len(data) - size * 3} bytes from byte {size * 3} on were left unread: the length of a record"
    with pytest.warns(UserWarning, match=told):
        convert(path, tmp_path / "ours")
    assert [it for it, _ in LogReader(tmp_path / "ours").load_scalars("x")] == [1, 2, 3]


def test_one_flipped_bit_in_a_long_text_is_noticed(tmp_path):
    writer = tensorboardX.SummaryWriter(str(tmp_path / "theirs"))
    writer.add_text("long", "x" * 100_000, 1)
    writer.add_scalar("after", 1, 2)
    writer.close()
    [path] = (tmp_path / "theirs").iterdir()
    data = bytearray(path.read_bytes())
    data[data.find(b"x" * 10) + 50_000] ^= 1
    path.write_bytes(data)
    with pytest.warns(
        UserWarning, match=r"a damaged record was left out, 100,\d\d\d bytes, at byte 40 \(wrong checksum"
    ):
        convert(tmp_path / "theirs", tmp_path / "ours")
    reader = LogReader(tmp_path / "ours")
    assert reader.load_text("long") == []
    assert reader.load_scalars("after") == [(2, 1.0)]


def test_several_damaged_records_are_told_of_together(tmp_path):
    path = tmp_path / "theirs" / "tfevents"
    path.parent.mkdir()
    path.write_bytes((framed(b"no event") + framed(b"\xff")) * 2)
    with pytest.warns(UserWarning, match="4 damaged records were left out, 82 bytes, at byte 0 and after") as caught:
        convert(path, tmp_path / "ours")
    assert len(caught) == 1


def test_what_has_no_counterpart_is_named(tmp_path):
    writer = tensorboardX.SummaryWriter(str(tmp_path / "theirs"))
    for number in range(7):
        writer.add_pr_curve(f"curve{number}", np.array([0, 1]), np.array([0.1, 0.9]), 0)
    writer.add_scalar("x", 1, 0)
    writer.close()
    write(tmp_path / "theirs" / "more.tfevents", [event(graph_def=b"graph")])
    (tmp_path / "theirs" / "projector_config.pbtxt").touch()
    told = r"embeddings, graph, pr_curves \(curve0, curve1, curve2, curve3, curve4 and 2 more\)$"
    with pytest.warns(UserWarning, match=told):
        convert(tmp_path / "theirs", tmp_path / "ours")
    assert LogReader(tmp_path / "ours").scalar_tags == {"x"}


def test_a_run_below_another_is_found_whatever_it_is_called(tmp_path):
    for name in ("old", "old/1", "old/run_1", "old/1/.hidden", "7", "7/deep/3"):
        write(tmp_path / "theirs" / name / "tfevents", [event(value(name, simple_value=1))])
    with pytest.warns(UserWarning, match="renamed, because .* 'old/1' is 'old/run_1_'"):
        convert(tmp_path / "theirs", tmp_path / "ours")
    reader = LogReader(tmp_path / "ours")
    assert reader.runs == ["7", "7/deep/run_3", "old", "old/run_1", "old/run_1_", "old/run_1_/run_.hidden"]
    assert reader.get_run("old/run_1").scalar_tags == {"old/run_1"}
    assert reader.get_run("old/run_1_").scalar_tags == {"old/1"}


@pytest.mark.slow
def test_a_failure_leaves_nothing_behind(theirs, tmp_path, monkeypatch):
    prepare = EventFile.prepare
    calls = []

    def fail_late(self, *arguments):
        calls.append(self)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return prepare(self, *arguments)

    monkeypatch.setattr(EventFile, "prepare", fail_late)
    with pytest.raises(LogWriteError, match="No space left on device; nothing of this conversion was kept: make room"):
        convert(theirs, tmp_path / "ours")
    assert len(calls) == 2
    assert LogReader(tmp_path / "ours").runs == []
    monkeypatch.undo()
    assert len(convert(theirs, tmp_path / "ours")) == 4


@pytest.mark.slow
def test_progress_ends_with_everything_read(theirs, tmp_path):
    told = []
    convert(theirs, tmp_path / "ours", progress=lambda done, total: told.append((done, total)))
    size = sum(path.stat().st_size for path in theirs.rglob("*tfevents*"))
    assert told[-1] == (size, size)


def run(*arguments):
    command = [sys.executable, "-m", "pyexp.tensorboard", *map(os.fspath, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_command_line(theirs, tmp_path):
    done = run(theirs, tmp_path / "ours")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "4 runs converted; to see them: python -m pyexp.viewer" in done.stdout
    again = run(theirs, tmp_path / "ours")
    assert again.returncode == 2
    assert again.stderr.count("\n") == 1
    missing = run(tmp_path / "missing", tmp_path / "ours")
    assert (missing.returncode, missing.stderr.count("\n")) == (2, 1)


@pytest.mark.slow
def test_the_command_line_tells_what_was_left_out(theirs, tmp_path):
    [file] = (theirs / "a").glob("*tfevents*")
    file.write_bytes(file.read_bytes()[:-1])
    done = run(theirs / "a", tmp_path / "ours")
    assert done.returncode == 0
    [line] = done.stderr.splitlines()
    assert line.startswith(f"warning: {str(file)!r}: ")


@pytest.mark.slow
def test_the_command_line_explains_itself():
    done = run("--help")
    assert done.returncode == 0
    assert "python -m pyexp.viewer converted/" in done.stdout

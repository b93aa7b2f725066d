import io
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import PIL.Image
import pytest
import tensorboardX

from pyexp.errors import LogError
from pyexp.log import LogReader
from pyexp.tensorboard import convert
from pyexp.tensorboard.record_file import read_records

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


def test_a_log_of_tensorboardx_reads_back_with_the_same_numbers(theirs, tmp_path):
    made = convert(theirs, tmp_path / "ours")
    assert tmp_path / "ours" / "a" in made
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


def test_hyperparameters_come_over(theirs, tmp_path):
    convert(theirs, tmp_path / "ours")
    reader = LogReader(tmp_path / "ours")
    found = [run.hparams for run in map(reader.get_run, reader.runs) if run.hparams]
    assert found
    assert all(hparams == {"lr": 0.1, "name": "x", "flag": True} for hparams in found)


def test_one_file_may_be_given(theirs, tmp_path):
    [file] = (theirs / "a").glob("*tfevents*")
    assert convert(file, tmp_path / "one") == [tmp_path / "one"]
    assert len(LogReader(tmp_path / "one").load_scalars("loss/train")) == 200


def test_a_log_is_not_converted_twice(theirs, tmp_path):
    convert(theirs, tmp_path / "ours")
    with pytest.raises(LogError, match="holds a log already"):
        convert(theirs, tmp_path / "ours")


def test_nothing_to_convert(tmp_path):
    with pytest.raises(FileNotFoundError, match="no event file"):
        convert(tmp_path, tmp_path / "ours")


def test_a_torn_file_gives_what_is_whole(theirs, tmp_path):
    [file] = (theirs / "a").glob("*tfevents*")
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 4])
    convert(file, tmp_path / "torn")
    points = LogReader(tmp_path / "torn").load_scalars("loss/train")
    assert 0 < len(points) < 200
    assert points == [(step, float(np.float32(1 / (step + 1)))) for step in range(len(points))]


def test_damaged_records_are_passed_over(theirs):
    [file] = (theirs / "a").glob("*tfevents*")
    data = bytearray(file.read_bytes())
    whole = len(list(read_records(io.BytesIO(data))))
    data[12 + 40 + 20] ^= 1  # within some early record
    assert whole - len(list(read_records(io.BytesIO(data)))) >= 1


def test_one_flipped_bit_in_a_long_text_is_noticed(tmp_path):
    writer = tensorboardX.SummaryWriter(str(tmp_path / "theirs"))
    writer.add_text("long", "x" * 100_000, 1)
    writer.close()
    [path] = (tmp_path / "theirs").iterdir()
    data = bytearray(path.read_bytes())
    data[data.find(b"x" * 10) + 50_000] ^= 1
    path.write_bytes(data)
    convert(tmp_path / "theirs", tmp_path / "ours")
    assert LogReader(tmp_path / "ours").load_text("long") == []


def test_what_has_no_counterpart_is_named(tmp_path):
    writer = tensorboardX.SummaryWriter(str(tmp_path / "theirs"))
    writer.add_pr_curve("curve", np.array([0, 1]), np.array([0.1, 0.9]), 0)
    writer.add_scalar("x", 1, 0)
    writer.close()
    with pytest.warns(UserWarning, match=r"curve \(pr_curves\)"):
        convert(tmp_path / "theirs", tmp_path / "ours")
    assert LogReader(tmp_path / "ours").scalar_tags == {"x"}


def test_the_command_line(theirs, tmp_path):
    command = [sys.executable, "-m", "pyexp.tensorboard", str(theirs), str(tmp_path / "ours")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "python -m pyexp.viewer" in done.stdout
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert again.stderr.count("\n") == 1

import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tensorboardX

from pyexp.log import LogReader
from pyexp.tensorboard import FileWriter, GlobalSummaryWriter

HAS_FORK = hasattr(__import__("os"), "fork")


def test_steps_are_counted_per_kind_and_tag(tmp_path):
    writer = GlobalSummaryWriter(str(tmp_path))
    for number in range(3):
        writer.add_scalar("a", number)
        writer.add_text("a", str(number))
        writer.add_image("a", np.full((3, 4, 5), number, "uint8"))
    writer.add_scalar("b", 7, 12.5)
    assert writer.file_writer.get_logdir() == str(tmp_path)
    writer.close()
    reader = LogReader(tmp_path)
    assert reader.load_scalars("a") == [(0, 0.0), (1, 1.0), (2, 2.0)]
    assert reader.load_text("a") == [(0, "0"), (1, "1"), (2, "2")]
    assert reader.iterations_of("image", "a") == [0, 1, 2]
    assert list(reader.read_series("b").times) == [12.5]


def test_there_is_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(GlobalSummaryWriter, "_shared", None)
    one = GlobalSummaryWriter.getSummaryWriter()
    assert GlobalSummaryWriter.getSummaryWriter() is one
    one.add_scalar("a", 1)
    one.close()
    [run] = LogReader(tmp_path / "runs").runs
    assert LogReader(tmp_path / "runs" / run)["a"] == (0, 1.0)


@pytest.mark.slow
@pytest.mark.skipif(not HAS_FORK, reason="no fork here")
def test_forked_processes_count_together(tmp_path):
    program = textwrap.dedent(
        """
        import multiprocessing, sys
        from pyexp.tensorboard import GlobalSummaryWriter
        writer = GlobalSummaryWriter(sys.argv[1])
        def work(number):
            writer.add_scalar("a", number)
        with multiprocessing.get_context("fork").Pool(3) as pool:
            pool.map(work, range(300))
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    points = LogReader(tmp_path).load_scalars("a")
    assert sorted(step for step, _ in points) == list(range(300))
    assert sorted(value for _, value in points) == [float(number) for number in range(300)]


def test_a_file_writer_alone(tmp_path):
    writer = FileWriter(str(tmp_path), 10, 120, ".suffix")
    writer.add_summary(tensorboardX.summary.scalar("a", 1.5), 3)
    writer.close()
    writer.reopen()
    writer.add_summary(tensorboardX.summary.scalar("a", 2.5), 4)
    writer.close()
    assert LogReader(tmp_path).load_scalars("a") == [(3, 1.5), (4, 2.5)]

import inspect

import matplotlib as mpl
import numpy as np
import pytest
import tensorboardX

from pyexp.log import LogReader
from pyexp.tensorboard import SummaryWriter

mpl.use("Agg")
import matplotlib.pyplot as plt


def use(writer):
    """What a program does that was written for tensorboardX."""
    for step in range(10):
        writer.add_scalar("loss", 1 / (step + 1), step)
        writer.add_scalars("group", {"a": step, "b": np.float32(0.5)}, global_step=step)
    writer.add_scalar("timed", 1, 5, walltime=123.0)
    writer.add_scalar("counted", 7)
    writer.add_scalar("counted", 8)
    writer.add_text("note", "text", 2)
    writer.add_histogram("weights", np.arange(10), 3)
    writer.add_image("picture", np.zeros((3, 4, 5)), 1)
    writer.add_image("grey", np.zeros((4, 5)), 1, dataformats="HW")
    writer.add_images("batch", np.zeros((6, 3, 4, 5)), 1)
    figure = plt.figure()
    writer.add_figure("figure", figure, 4)
    writer.add_hparams({"lr": 0.1}, {"final": 0.9})
    writer.flush()
    writer.close()


def test_programs_for_tensorboardx_run_as_they_are(tmp_path):
    use(tensorboardX.SummaryWriter(str(tmp_path / "theirs")))
    use(SummaryWriter(str(tmp_path / "ours")))
    reader = LogReader(tmp_path / "ours")
    assert reader.load_scalars("loss") == [(step, 1 / (step + 1)) for step in range(10)]
    assert reader.load_scalars("group/b") == [(step, 0.5) for step in range(10)]
    assert reader.read_series("timed").times.tolist() == [123.0]
    assert reader.load_scalars("counted") == [(0, 7.0), (1, 8.0)]
    assert reader.load_text("note") == [(2, "text")]
    assert reader.histogram_tags == {"weights"}
    assert reader.image_tags == {"picture", "grey", "batch"}
    assert reader.figure_iterations("figure") == [4]
    assert reader.hparams == {"lr": 0.1}
    assert reader["final"] == (0, 0.9)
    assert plt.get_fignums() == []


def test_every_method_of_theirs_is_there(tmp_path):
    with SummaryWriter(tmp_path) as ours:
        for name, method in inspect.getmembers(tensorboardX.SummaryWriter, inspect.isfunction):
            if name.startswith("add_"):
                known = getattr(ours, name)
                if name in vars(SummaryWriter):
                    theirs = [parameter for parameter in inspect.signature(method).parameters if parameter != "self"]
                    mine = inspect.signature(known).parameters
                    flexible = any(parameter.kind is parameter.VAR_KEYWORD for parameter in mine.values())
                    assert flexible or set(theirs) <= set(mine)


def test_what_is_not_kept_warns_and_goes_on(tmp_path):
    with SummaryWriter(logdir=str(tmp_path)) as writer:
        assert writer.logdir == writer.log_dir == writer.get_logdir() == str(tmp_path)
        with pytest.warns(UserWarning, match="add_graph has no counterpart"):
            writer.add_graph("model")
        with pytest.raises(AttributeError):
            writer.add_nonsense()
        with pytest.raises(ValueError, match="expected NCHW"):
            writer.add_images("x", np.zeros((2, 2)))


def test_the_default_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with SummaryWriter(comment="-mine") as writer:
        writer.add_scalar("x", 1)
    [run] = LogReader("runs").runs
    assert run.endswith("-mine")

"""Whatever belongs to a figure is taken for it, and its picture has the size of a screen."""

import io
import pickle
import statistics
import subprocess
import sys
import time

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import PIL.Image
import plotly.graph_objects as go
import pytest

from pyexp.log import Logger, LogReader
from pyexp.log.call.figures import figure, figure_of
from pyexp.tensorboard import SummaryWriter


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


class Grid:
    """As seaborn's: it can save, but is no figure."""

    def __init__(self, figure):
        self.figure = self._figure = figure

    def savefig(self, *_, **__):
        raise AssertionError("the figure itself is saved")


class Display:
    """As scikit-learn's."""

    def __init__(self, figure):
        self.figure_ = figure


def parts():
    whole, axes = plt.subplots(2, 2)
    upper = axes[0, 0]
    subfigure = plt.figure().subfigures(1, 2)[0]
    picture = upper.imshow(np.zeros((2, 2)))
    yield "axes", upper, whole
    yield "array of axes", axes, whole
    yield "what subplots returns", (whole, axes), whole
    yield "lines", upper.plot([1, 2]), whole
    yield "a picture", picture, whole
    yield "bars", upper.bar([1], [2]), whole
    yield "error bars", upper.errorbar([1], [2], yerr=[1]), whole
    yield "a colour bar", whole.colorbar(picture), whole
    yield "a legend", upper.legend(["a"]), whole
    yield "the canvas", whole.canvas, whole
    yield "a subfigure", subfigure, subfigure.figure
    yield "axes of a subfigure of one", subfigure.subfigures(1, 2)[1].subplots(), subfigure.figure
    yield "a grid", Grid(whole), whole
    yield "a display", Display(whole), whole
    plotly = go.Figure()
    yield "plotly's", Grid(plotly), plotly


@pytest.mark.slow
def test_what_belongs_to_a_figure():
    for name, part, whole in parts():
        assert figure_of(part) is whole, name
        content = figure("f", part)[0]
        assert content.data[:1] == (b"{" if isinstance(whole, go.Figure) else b"\x80"), name


@pytest.mark.parametrize(
    "value", [3, "text", np.zeros((2, 2)), [], [1, 2], None, plt, plt.Figure, {"figure": 1}, object()]
)
def test_what_belongs_to_none(value):
    with pytest.raises(TypeError, match="must be a matplotlib or plotly figure, or belong to one as axes do; found"):
        figure("f", value)


def test_axes_of_two_figures():
    with pytest.raises(TypeError, match="found list"):
        figure("f", [plt.figure().subplots(), plt.figure().subplots()])


@pytest.mark.slow
def test_through_both_loggers(tmp_path):
    axes = plt.figure().subplots()
    axes.plot([1, 2, 3])
    with Logger(tmp_path / "a") as logger:
        logger.add_figure("f", axes)
    with SummaryWriter(tmp_path / "b") as writer:
        writer.add_figure("f", axes)
    assert not plt.get_fignums()  # theirs closes the figure that it is given
    for name in ("a", "b"):
        back = LogReader(tmp_path / name).load_figure("f", 0)
        assert back.axes[0].lines[0].get_ydata().tolist() == [1, 2, 3]


def size_of(content):
    return PIL.Image.open(io.BytesIO(content.data)).size


@pytest.mark.parametrize(
    ("inches", "dpi", "expected"),
    [
        ((6, 4), 100, (600, 400)),
        ((6, 4), 1000, (600, 400)),
        ((6, 4), 50, (300, 200)),
        ((60, 40), 100, (2000, 1333)),
        ((400, 1), 300, (2000, 5)),
    ],
)
def test_the_picture_has_the_size_of_a_screen(inches, dpi, expected):
    captured, picture = figure("f", plt.figure(figsize=inches, dpi=dpi))
    assert size_of(picture) == expected
    assert pickle.loads(captured.data).dpi == dpi


def test_settings_of_files_to_print_do_not_hold_for_the_picture():
    with mpl.rc_context({"savefig.dpi": 1200}):
        assert size_of(figure("f", plt.figure(figsize=(6, 4), dpi=100))[1]) == (600, 400)


def test_without_a_picture():
    assert [content.media_type for content in figure("f", plt.figure(), preview=False)] == ["application/x-pickle"]


class OfTheScript:
    def __init__(self):
        self.value = 7


@pytest.mark.slow
def test_what_only_this_process_knows_is_pickled_by_value(tmp_path, monkeypatch):
    monkeypatch.setattr(OfTheScript, "__module__", "__main__")
    whole = plt.figure()
    whole.extra = OfTheScript()
    whole.function = lambda: 5
    (tmp_path / "f").write_bytes(figure("f", whole)[0].data)
    program = "import pickle, sys; f = pickle.load(open(sys.argv[1], 'rb')); print(f.extra.value, f.function())"
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "f"], capture_output=True, text=True, check=True)
    assert done.stdout == "7 5\n"


@pytest.mark.slow
def test_it_takes_no_longer_than_saving_it():
    whole, axes = plt.subplots(dpi=1000)
    axes.plot(range(100))
    ours, theirs = [], []
    for _ in range(9):
        begin = time.thread_time()
        figure("f", whole)
        middle = time.thread_time()
        whole.savefig(io.BytesIO(), format="png", dpi=100)
        ours.append(middle - begin)
        theirs.append(time.thread_time() - middle)
    assert statistics.median(ours) <= 1.3 * statistics.median(theirs)

import json
import math
import pickle
import sys
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from pyexp.errors import UnpicklableError
from pyexp.log import Logger, LogReader

mpl.use("Agg")
from matplotlib.figure import Figure

both_formats = pytest.mark.parametrize("use_protobuf", [True, False], ids=["protobuf", "jsonl"])


@pytest.fixture(params=[True, False], ids=["protobuf", "jsonl"])
def log(tmp_path, request):
    with Logger(tmp_path / "run", request.param) as logger:
        yield logger


def read(logger):
    logger.flush()
    return LogReader(logger.path)


def make_figure():
    figure = Figure()
    figure.add_subplot().plot([1, 2, 3], label="line")
    return figure


@pytest.mark.slow
def test_a_matplotlib_figure_comes_back_with_its_picture(log):
    log.set_global_it(25)
    log.add_figure("group/curve", make_figure(), interactive=False)
    reader = read(log)
    assert reader.figure_tags == {"group/curve"}
    assert reader.figure_iterations("group/curve") == [25]
    figure = reader.load_figure("group/curve", iteration=25)
    assert list(figure.axes[0].lines[0].get_ydata()) == [1, 2, 3]
    [entry] = reader.entries("figure")
    assert not entry.interactive
    assert [part.media_type for part in entry.parts] == ["application/x-pickle", "image/png"]
    assert reader.read_part(entry.part("image/png")).startswith(b"\x89PNG")
    assert entry.part("text/html") is None


def test_a_figure_without_preview(log):
    log.add_figure("f", make_figure(), preview=False)
    [entry] = read(log).entries("figure")
    assert [part.media_type for part in entry.parts] == ["application/x-pickle"]
    assert entry.interactive


@pytest.mark.slow
def test_a_mutated_figure_changes_no_record(log):
    figure = Figure()
    axes = figure.add_subplot()
    for number in range(100):
        axes.set_title(f"title {number}")
        log.add_figure("f", figure, preview=False)
    axes.set_title("changed")
    reader = read(log)
    assert [reader.load_figure("f", number).axes[0].get_title() for number in range(100)] == [
        f"title {number}" for number in range(100)
    ]


def test_a_figure_of_pyplot_opens_no_window_when_it_is_loaded(log):
    import matplotlib.pyplot as plt

    figure = plt.figure()
    log.add_figure("f", figure, preview=False)
    plt.close(figure)
    read(log).load_figure("f", 0)
    assert plt.get_fignums() == []


@pytest.mark.slow
def test_an_unpicklable_figure_raises_and_later_calls_work(log):
    figure = make_figure()
    figure.generator = (number for number in range(3))
    with pytest.raises(UnpicklableError, match=r"figure .f. cannot be pickled.*generator"):
        log.add_figure("f", figure)
    log.add_figure("g", make_figure(), preview=False)
    assert read(log).figure_tags == {"g"}


def test_what_is_no_figure(log):
    with pytest.raises(
        TypeError, match="'f' must be a matplotlib or plotly figure, or belong to one as axes do; found int"
    ):
        log.add_figure("f", 3)


@pytest.mark.slow
def test_a_plotly_figure_is_kept_as_json(log):
    import plotly.graph_objects as go

    log.add_figure("p", go.Figure(go.Scatter(y=[1, 2])))
    reader = read(log)
    [entry] = reader.entries("figure")
    content = json.loads(reader.read_part(entry.part("application/vnd.plotly+json")))
    assert content["data"][0]["y"] == [1, 2]
    assert tuple(reader.load_figure("p", 0).data[0].y) == (1, 2)


def test_histograms(log):
    log.add_histogram("h", np.array([[0.0, 1.0], [1.0, 2.0]]), bins=2)
    log.add_histogram("h", [1, float("nan"), float("inf")], bins=1)
    log.add_histogram("h", [], bins=1)
    reader = read(log)
    assert reader.histogram_tags == {"h"}
    assert reader.load_histogram("h", 0) == {"edges": [0.0, 1.0, 2.0], "counts": [1, 3]}
    assert reader.load_histogram("h", 1) == {"edges": [0.5, 1.5], "counts": [1]}
    assert reader.load_histogram("h", 2)["counts"] == [0]
    with pytest.raises(TypeError, match="'h' must be of numbers"):
        log.add_histogram("h", ["x"])
    with pytest.raises(ValueError, match="at least one bin"):
        log.add_histogram("h", [1], bins=0)


@pytest.mark.parametrize(
    "table",
    [
        {"a": [1, 2], "b": ["x", None]},
        [{"a": 1, "b": "x"}, {"a": 2}],
        pd.DataFrame({"a": [1, 2], "b": ["x", None]}, dtype=object),
    ],
)
def test_tables(log, table):
    log.add_table("t", table)
    assert read(log).load_table("t", 0) == {"columns": ["a", "b"], "rows": [[1, "x"], [2, None]]}


def test_what_is_no_table(log):
    with pytest.raises(TypeError, match="found int"):
        log.add_table("t", 3)
    with pytest.raises(ValueError, match="different lengths"):
        log.add_table("t", {"a": [1], "b": []})


def test_values_that_json_does_not_know(log):
    log.add_hparams({"n": np.float32(0.5), "array": np.arange(2), "path": Path("a"), "nan": np.nan})
    hparams = read(log).hparams
    assert hparams.pop("nan") != hparams
    assert hparams == {"n": 0.5, "array": [0, 1], "path": "a"}


def test_checkpoints_may_hold_what_main_defines(log):
    def local(x):
        return x + 1

    log.add_checkpoint("f", local)
    reader = read(log)
    assert reader.load_checkpoint("f", 0)(1) == 2
    [entry] = reader.entries("checkpoint")
    assert pickle.loads(reader.read_part(entry.parts[0]))(2) == 3


@pytest.mark.parametrize(
    "values",
    [
        [1e17, 1e17],
        [1700000000000000000],
        [0.0, 5e-324],
        [-1.7e308, 1.7e308],
        [sys.float_info.max],
        [-sys.float_info.max, sys.float_info.max],
        [1.0, math.nextafter(1.0, 2.0)],
        [1e17, 1e17 + 16],
    ],
)
@pytest.mark.parametrize("bins", [1, 7, 64])
def test_histograms_of_values_that_are_far_out_or_close_together(log, values, bins):
    log.add_histogram("h", values, bins=bins)
    found = read(log).load_histogram("h", 0)
    edges, counts = found["edges"], found["counts"]
    assert all(math.isfinite(edge) for edge in edges)
    assert all(left < right for left, right in pairwise(edges))
    assert len(edges) == bins + 1
    assert sum(counts) == len(values)
    assert edges[0] <= min(values)
    assert max(values) <= edges[-1]


@pytest.mark.parametrize("bins", ["auto", 2.5, None])
def test_bins_are_a_number_of_them(log, bins):
    with pytest.raises(TypeError, match=r"the histogram 'h' needs a number of equal bins; found bins="):
        log.add_histogram("h", [1], bins=bins)


class Stubborn:
    def __float__(self):
        raise ValueError("only one element tensors can be converted")

    def __str__(self):
        return "stubborn"


def test_values_that_refuse_to_be_numbers_become_text(log):
    log.add_table("t", {"a": [Stubborn(), 1j]})
    log.add_hparams({"a": Stubborn()})
    reader = read(log)
    assert reader.load_table("t", 0)["rows"] == [["stubborn"], ["1j"]]
    assert reader.hparams == {"a": "stubborn"}


def test_columns_of_the_same_name(log):
    log.add_table("t", pd.DataFrame([[1, "x"], [2, None]], columns=["a", "a"], dtype=object))
    assert read(log).load_table("t", 0) == {"columns": ["a", "a"], "rows": [[1, "x"], [2, None]]}

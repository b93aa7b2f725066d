from __future__ import annotations

import numpy as np
import pytest

from pyexp import Results
from pyexp.errors import SelectionError
from support.experiments import make_runner


def lines(figure) -> list:
    return [trace for trace in figure.data if trace.name]


@pytest.mark.slow
def test_a_line_per_run(results):
    figure = results.plot.curves("val/acc")

    assert len(figure.data) == 11
    first = lines(figure)[0]
    assert first.name == "optim.lr=0.1, width=8, seed=0"
    assert list(first.x) == [0, 2, 4, 6]
    np.testing.assert_allclose(first.y, [0, 0.2, 0.4, 0.6])
    assert len({trace.line.color for trace in figure.data}) == 11


@pytest.mark.slow
def test_hue_colours_and_band_gathers(results):
    figure = results.plot.curves("val/acc", hue="lr", band=["seed", "width"])

    low, high = lines(figure)
    assert (low.name, high.name) == ("optim.lr=0.1", "optim.lr=0.2")
    mean = results.curves("val/acc").mean(["axis0", "seed", "width"])
    np.testing.assert_allclose(low.y, mean.sel({"optim.lr": 0.1}).values)
    area = figure.data[0]
    std = results.curves("val/acc").std(["axis0", "seed", "width"]).sel({"optim.lr": 0.1}).values
    np.testing.assert_allclose(area.y[:4], low.y + std)
    np.testing.assert_allclose(area.y[4:], (low.y - std)[::-1])
    assert area.fillcolor == low.line.color.replace("rgb(", "rgba(").replace(")", ", 0.2)")
    narrow = results.plot.curves("val/acc", hue="lr", band=["seed", "width"], spread="sem")
    assert abs(narrow.data[0].y[0] - low.y[0]) < abs(area.y[0] - low.y[0])


@pytest.mark.slow
def test_lines_of_one_hue_share_its_colour(results):
    figure = results.plot.curves("val/acc", hue="width", band="seed")

    assert [trace.name for trace in lines(figure)] == [
        "optim.lr=0.1, width=8", "optim.lr=0.1, width=16", "optim.lr=0.2, width=8", "optim.lr=0.2, width=16",
    ]  # fmt: skip
    assert len({trace.line.color for trace in lines(figure)}) == 2


@pytest.mark.slow
def test_all_tags_one_below_the_other(results):
    figure = results.plot.curves(band="seed", hue="lr")

    assert [axis.title.text for axis in figure.select_yaxes()] == ["loss", "val/acc"]
    assert sum(bool(trace.showlegend) for trace in figure.data) == 4
    assert results.plot.curves(["loss"]).layout.yaxis.title.text == "loss"


def test_over_time(results):
    figure = results.plot.curves("val/acc", x="time")

    assert figure.data[0].x[0] == 0
    assert all(np.diff(figure.data[0].x) >= 0)


@pytest.mark.slow
def test_a_plain_list_of_runs_is_grouped_by_its_configs(results):
    flat = Results(results)
    figure = flat.plot.curves("val/acc", hue="optim.lr", band="seed")

    assert [trace.name for trace in lines(figure)] == [trace.name for trace in lines(results.plot.curves("val/acc", hue="optim.lr", band="seed"))]  # fmt: skip


@pytest.mark.slow
def test_heatmap(results):
    figure = results.plot.heatmap("accuracy", x="width", y="lr")

    (heat,) = figure.data
    np.testing.assert_allclose(heat.z, results.mean("accuracy", over=["axis0", "seed"]).values)
    assert list(heat.x) == ["8", "16"]
    assert list(heat.y) == ["0.1", "0.2"]
    assert figure.layout.xaxis.title.text == "width"
    turned = results.plot.heatmap("accuracy", x="lr", y="width").data[0]
    np.testing.assert_allclose(turned.z, heat.z.T)
    assert results.plot.heatmap("accuracy").layout.xaxis.title.text == "seed"
    assert results.sel(lr=0.1, width=8).plot.heatmap("val.loss").data[0].z.shape == (1, 3)
    with pytest.raises(SelectionError, match="a heat map is over two axes"):
        results.plot.heatmap("accuracy", x="lr", y="lr")


def test_parallel(results):
    (lines,) = results.plot.parallel().data

    assert [dimension.label for dimension in lines.dimensions] == [
        "optim.lr",
        "width",
        "seed",
        "accuracy",
        "val.loss",
        "ok",
    ]
    assert {len(dimension["values"]) for dimension in lines.dimensions} == {7}
    assert list(lines.line.color) == list(lines.dimensions[-1]["values"])
    (only,) = results.plot.parallel("val/acc").data
    assert [dimension.label for dimension in only.dimensions][-1] == "val/acc"


@pytest.mark.slow
def test_scatter(results):
    figure = results.plot.scatter("lr", "accuracy", hue="width")

    (points,) = figure.data
    assert len(points.x) == 7
    assert set(points.marker.color) == {8, 16}
    assert points.text[0].startswith("exp_lr=0.1")
    assert (results.plot.scatter().layout.xaxis.title.text, results.plot.scatter().layout.yaxis.title.text) == (
        "optim.lr",
        "accuracy",
    )
    assert len(results.plot.scatter("val.loss", "accuracy").data[0].x) == 7
    with pytest.raises(SelectionError, match="no result and no log has 'acuracy'"):
        results.plot.scatter("lr", "acuracy")


@pytest.mark.slow
def test_settings_that_are_no_numbers(tmp_path):
    configs = [{"name": f"{act}{depth}", "act": act, "depth": depth} for act in ("relu", "tanh") for depth in (1, None)]
    results = make_runner(
        lambda config: {"y": len(config.act) + (config.depth or 0)}, configs, tmp_path, executor="inline"
    ).run()

    (lines,) = results.plot.parallel().data
    assert list(lines.dimensions[0].ticktext) == ["relu", "tanh"]
    assert list(lines.dimensions[1].ticktext) == ["1", "None"]
    assert [trace.name for trace in results.plot.scatter("y", "y", hue="act").data] == ["relu", "tanh"]
    assert list(results.plot.scatter("act", "y").data[0].x) == ["relu", "relu", "tanh", "tanh"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": "iteration"}, "x is 'iteration'"),
        ({"x": "time", "band": "seed"}, "draw bands over 'step'"),
        ({"spread": "max"}, "spread is 'max'"),
        ({"hue": "lrr"}, "no axis and no config key is 'lrr'"),
        ({"band": "sed"}, "no axis and no config key is 'sed': did you mean 'seed'"),
        ({"tag": "val/ac"}, "did you mean 'val/acc'"),
    ],
)
def test_what_cannot_be_drawn(results, arguments, message):
    with pytest.raises(SelectionError, match=message):
        results.plot.curves(**arguments)


@pytest.mark.slow
def test_pages_open_offline(results, tmp_path):
    for figure in (results.plot.curves("loss", band="seed"), results.plot.heatmap("accuracy"), results.plot.parallel(), results.plot.scatter()):  # fmt: skip
        figure.write_html(tmp_path / "figure.html")
        page = (tmp_path / "figure.html").read_text("utf-8")
        assert "<script src=" not in page
        assert "Plotly.newPlot" in page


def test_what_is_left_of_one_axis(results):
    row = results.sel(lr=0.1, width=8, axis0="exp")
    figure = row.plot.curves("val/acc", hue="seed")

    assert [trace.name for trace in lines(figure)] == ["seed=0", "seed=1", "seed=2"]
    assert [trace.name for trace in lines(row.plot.curves("val/acc", band="seed"))] == ["all runs"]


def test_lines_of_one_colour_are_dashed_apart(results):
    figure = results.plot.curves("val/acc", hue="width", band="seed")

    assert len({(trace.line.color, trace.line.dash) for trace in lines(figure)}) == 4

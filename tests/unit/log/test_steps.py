"""A step given with the call: on every method, of every integer type, and for that call alone."""

import inspect

import matplotlib.pyplot as plt
import numpy as np
import plotly.graph_objects as go
import pytest

from pyexp.log import Logger, LogReader
from pyexp.log.silent import SilentLogger

both_formats = pytest.mark.parametrize("use_protobuf", [True, False], ids=["protobuf", "jsonl"])

CALLS = {
    "add_text": lambda logger, **step: logger.add_text("x", "text", **step),
    "add_figure": lambda logger, **step: logger.add_figure("x", go.Figure(), **step),
    "add_checkpoint": lambda logger, **step: logger.add_checkpoint("x", [1], **step),
    "add_image": lambda logger, **step: logger.add_image("x", np.zeros((2, 2)), **step),
    "add_histogram": lambda logger, **step: logger.add_histogram("x", [1, 2], **step),
    "add_table": lambda logger, **step: logger.add_table("x", [{"a": 1}], **step),
    "add_hparams": lambda logger, **step: logger.add_hparams({"lr": 1}, **step),
}
SCALARS = {
    "log": lambda logger, **step: logger.log({"x": 1.0}, **step),
    "add_scalar": lambda logger, **step: logger.add_scalar("x", 1.0, **step),
    "add_scalars": lambda logger, **step: logger.add_scalars({"x": 1.0}, **step),
}


def test_no_method_was_forgotten():
    methods = {name for name, _ in inspect.getmembers(Logger, inspect.isfunction) if name.startswith("add_")}
    assert methods | {"log"} == {*CALLS, *SCALARS}
    for name in methods | {"log"}:
        assert inspect.signature(getattr(Logger, name)).parameters["step"].default is None


@pytest.mark.slow
@both_formats
@pytest.mark.parametrize("name", CALLS)
def test_objects(tmp_path, use_protobuf, name):
    with Logger(tmp_path, use_protobuf) as logger:
        CALLS[name](logger)
        CALLS[name](logger, step=40)
        logger.set_global_it(7)
        CALLS[name](logger, step=-3)
        CALLS[name](logger)
        CALLS[name](logger, step=None)
    assert [entry.iteration for entry in LogReader(tmp_path).entries()] == [0, 40, -3, 7, 7]


@both_formats
@pytest.mark.parametrize("name", SCALARS)
def test_scalars(tmp_path, use_protobuf, name):
    with Logger(tmp_path, use_protobuf) as logger:
        SCALARS[name](logger)
        SCALARS[name](logger, step=40)
        SCALARS[name](logger)
        logger.set_global_it(7)
        SCALARS[name](logger, step=-3)
        SCALARS[name](logger)
    assert [it for it, _ in LogReader(tmp_path).load_scalars("x")] == [0, 40, 1, -3, 7]


def test_as_users_of_tensorboard_type_it(tmp_path):
    with Logger(tmp_path) as logger:
        for step in range(0, 50, 5):
            logger.add_scalar("loss", step / 2, step)
            logger.log({"a": step, "b": np.float32(0.5)}, step=step)
    reader = LogReader(tmp_path)
    assert reader.load_scalars("loss") == [(step, step / 2) for step in range(0, 50, 5)]
    assert reader.load_scalars("b") == [(step, 0.5) for step in range(0, 50, 5)]


class Index:
    def __index__(self):
        return 9


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (np.int64(5), 5),
        (np.uint8(200), 200),
        (np.array(3), 3),
        (Index(), 9),
        (True, 1),
        (-(1 << 63), -(1 << 63)),
        (1 << 40, 1 << 40),
    ],
)
def test_integers_of_every_kind(tmp_path, step, expected):
    with Logger(tmp_path) as logger:
        for call in (*SCALARS.values(), CALLS["add_text"]):
            call(logger, step=step)
    reader = LogReader(tmp_path)
    assert {it for it, _ in reader.load_scalars("x")} == set(reader.iterations_of("text", "x")) == {expected}


@pytest.mark.parametrize("step", [1.0, "3", float("nan"), np.float64(2), [1]])
@pytest.mark.parametrize("name", [*SCALARS, *CALLS])
@pytest.mark.slow
def test_what_is_no_step(tmp_path, name, step):
    with Logger(tmp_path) as logger:
        with pytest.raises(TypeError, match=r"the step( of '(x|hparams)')? must be an integer; found "):
            {**SCALARS, **CALLS}[name](logger, step=step)
        with pytest.raises(ValueError, match="does not fit in 64 bits"):
            {**SCALARS, **CALLS}[name](logger, step=1 << 63)
    assert LogReader(tmp_path).scalar_tags == set()
    assert LogReader(tmp_path).entries() == []


@pytest.mark.parametrize("number", [10, 0, 1.5, np.int32(3), np.array(4), np.float32(1)])
def test_a_number_is_no_switch(tmp_path, number):
    with Logger(tmp_path) as logger, pytest.raises(TypeError, match=r"interactive must be True or False; .*`step="):
        logger.add_figure("f", plt.figure(), number)
    plt.close("all")


@pytest.mark.parametrize("switch", [True, False, np.True_, np.False_, None])
def test_what_is_a_switch(tmp_path, switch):
    with Logger(tmp_path) as logger:
        logger.add_figure("f", go.Figure(), switch, step=5)
    [entry] = LogReader(tmp_path).entries()
    assert (entry.interactive, entry.iteration) == (bool(switch), 5)


def test_a_bad_one_among_several_logs_none(tmp_path):
    with Logger(tmp_path) as logger:
        with pytest.raises(TypeError, match="the scalar 'b' must be a number"):
            logger.log({"a": 1, "b": "two"}, step=3)
        with pytest.raises(TypeError, match="given as a mapping of tag to value; found 'loss'"):
            logger.log("loss", step=3)
    assert LogReader(tmp_path).scalar_tags == set()


def test_a_subclass_with_a_method_of_its_own(tmp_path):
    class Doubling(Logger):
        def add_scalar(self, tag, value, step=None):
            super().add_scalar(tag, 2 * value, step)

    with Doubling(tmp_path) as logger:
        logger.log({"x": 1.0}, step=4)
        logger.add_scalar("x", 2.0, 5)
    assert LogReader(tmp_path).load_scalars("x") == [(4, 2.0), (5, 4.0)]


def test_silent_loggers_take_them_too(tmp_path):
    logger = SilentLogger(tmp_path)
    for call in (*SCALARS.values(), *CALLS.values()):
        call(logger, step=3)
    logger.add_scalar("x", 1.0, 3)
    assert not list(tmp_path.iterdir())

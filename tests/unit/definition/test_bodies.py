from __future__ import annotations

import asyncio
import copy
import gc
from pathlib import Path
from types import SimpleNamespace

import pytest

from pyexp import Experiment, ExperimentRunner, LogReader
from pyexp.definition.class_body import ClassBody
from pyexp.definition.function_body import FunctionBody

RUN = SimpleNamespace(config="config", logger="logger", out="out", name="name")


def with_config(config):
    return (config,)


def with_second(config, anything):
    return config, anything


def with_names(config, out, logger):
    return config, out, logger


def with_annotations(config, where: Path, what: Logger):  # noqa: F821 — never imported by its user
    return config, where, what


def with_keywords(config, *, logger, out):
    return config, out, logger


def with_default(config, logger, verbose=False):
    return config, logger


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (with_config, ("config",)),
        (with_second, ("config", "logger")),
        (with_names, ("config", "out", "logger")),
        (with_annotations, ("config", "out", "logger")),
        (with_keywords, ("config", "out", "logger")),
        (with_default, ("config", "logger")),
    ],
)
def test_function_gets_what_it_asks_for(function, expected):
    assert FunctionBody(function)(RUN) == expected


def test_no_logger_is_made_when_none_is_asked_for():
    class Run:
        config = 1

        @property
        def logger(self):
            raise AssertionError("nobody asked")

    assert FunctionBody(with_config)(Run()) == (1,)


@pytest.mark.parametrize("function", [lambda: None, lambda *, config: None])
def test_function_without_config_is_refused(function):
    with pytest.raises(TypeError, match="must take the config as its first parameter"):
        FunctionBody(function)


def test_parameter_that_nobody_can_give_is_refused():
    with pytest.raises(TypeError, match="requires 'model'"):
        FunctionBody(lambda config, logger, model: None)


class Square(Experiment):
    def experiment(self):
        self.square = self.cfg.x**2
        return "returned"

    @staticmethod
    def configs():
        return [{"x": 2}, {"x": 3}]


class Waiting(Experiment):
    async def experiment(self):
        self.seen = self.config.x


def test_value_of_a_class_is_its_attributes():
    run = SimpleNamespace(config=SimpleNamespace(x=3))

    assert ClassBody(Square)(run) == {"square": 9, "result": "returned"}
    assert ClassBody(Waiting).is_async
    assert not ClassBody(Square).is_async


def test_instances_come_back_with_attributes_and_properties(tmp_path):
    runner = ExperimentRunner(Square, output_dir=tmp_path, executor="inline", stash=False)
    runner.report(lambda results: results)

    two, three = runner.run()

    assert isinstance(three, Square)
    assert (three.square, three.result, three.status, three.cfg.x, three.error) == (9, "returned", "passed", 3, None)
    assert two.out == two.config.out


def test_run_that_failed_is_an_instance_without_attributes(tmp_path):
    class Failing(Experiment):
        def experiment(self):
            self.half = 1
            raise ValueError("no")

    runner = ExperimentRunner(Failing, output_dir=tmp_path, executor="inline", stash=False)
    (failed,) = runner.run(configs=lambda: [{"x": 1}], report=lambda results: results)

    assert failed.error.startswith("ValueError: no")
    assert not failed.ok
    with pytest.raises(AttributeError, match="has no attribute 'half': it is failed"):
        _ = failed.half


class Trained(Experiment):
    accuracy: float = 0.0
    _steps = 0

    def experiment(self):
        self.accuracy = 0.75
        self._steps = 3
        self.is_plain = type(self).__getattribute__ is object.__getattribute__
        if self.cfg.x < 0:
            raise ValueError("no")

    @property
    def shown(self):
        return f"{self.accuracy:.0%}"

    def doubled(self):
        return self.accuracy * 2

    @staticmethod
    def configs():
        return [{"x": 1}, {"x": -1}]


def results_of(cls, tmp_path, **settings):
    return ExperimentRunner(cls, output_dir=tmp_path, stash=False).run(report=lambda results: results, **settings)


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (lambda item: item.accuracy, 0.75),
        (lambda item: item._steps, 3),
        (lambda item: item.shown, "75%"),
        (lambda item: item.doubled(), 1.5),
        (lambda item: sorted(vars(item)), ["_steps", "accuracy", "is_plain"]),
        (lambda item: vars(copy.copy(item))["accuracy"], 0.75),
        (lambda item: hasattr(item, "nothing"), False),
    ],
)
def test_what_the_run_set_stands_before_the_defaults_of_the_class(tmp_path, ask, expected):
    results_of(Trained, tmp_path, executor="inline")
    passed, _ = results_of(Trained, tmp_path, report_run=True)

    assert ask(passed) == expected


def test_run_that_failed_has_the_defaults_of_the_class(tmp_path):
    _, failed = results_of(Trained, tmp_path, executor="inline")

    assert (failed.accuracy, vars(failed), failed.status) == (0.0, {}, "failed")


def test_items_are_read_once_and_only_when_an_attribute_is_asked_for(tmp_path, monkeypatch):
    passed, _ = results_of(Trained, tmp_path, executor="inline")
    read = []
    monkeypatch.setattr("pyexp.results.result.load_result", lambda *_, **__: read.append(1) or {"accuracy": 0.5})

    assert (passed.name, passed.status, passed.cfg.x, passed.out.name[:7]) == ("config0", "passed", 1, "config0")
    assert read == []
    passed.accuracy = 0.9
    assert (passed.accuracy, read) == (0.9, [1])
    del passed.accuracy
    assert (passed.accuracy, read) == (0.0, [1])


@pytest.mark.slow
def test_run_has_its_attributes_at_no_extra_cost(tmp_path):
    passed, _ = results_of(Trained, tmp_path, executor="subprocess")

    assert passed.is_plain


@pytest.mark.parametrize("name", ["config", "cfg", "out", "name", "error", "log", "status", "logger"])
def test_names_of_the_librarys_own_cannot_be_assigned(name):
    instance = ExperimentRunner(Square)({"x": 1})

    with pytest.raises(AttributeError, match=f"'{name}' belongs to pyexp"):
        setattr(instance, name, 1)


def test_class_that_takes_a_name_of_the_librarys_own_is_refused():
    with pytest.raises(AttributeError, match="defines 'status'"):

        class Taken(Experiment):
            status = 1


def test_experiment_without_a_run_says_what_to_do():
    with pytest.raises(Exception, match=r"call ExperimentRunner\(Square\)\(config\)"):
        _ = Square().cfg


class Logging(Experiment):
    def experiment(self):
        self.folder = self.logger.path
        self.logger.add_scalar("loss", self.cfg.x)
        if self.cfg.get("fails"):
            raise ValueError("no")


class Silent(Experiment):
    def experiment(self):
        pass


def test_asynchronous_trial_is_awaited():
    async def main():
        return await ExperimentRunner(Waiting)({"x": 3})

    assert asyncio.run(main()).seen == 3


def test_trial_logs_into_its_folder_and_is_read_afterwards(tmp_path):
    instance = ExperimentRunner(Logging)({"x": 3, "out": tmp_path})

    assert instance.folder == tmp_path
    assert instance.logger.load_scalars("loss") == [(0, 3.0)]
    assert instance.logger["config"][1].startswith("x: 3\n")


def test_trial_without_a_folder_logs_into_one_that_goes_away():
    instance = ExperimentRunner(Logging)({"x": 3})
    folder = instance.folder

    assert instance.logger.load_scalars("loss") == [(0, 3.0)]
    del instance
    gc.collect()
    assert not folder.exists()


def test_trial_that_fails_completes_its_log(tmp_path):
    with pytest.raises(ValueError, match="no"):
        ExperimentRunner(Logging)({"x": 3, "out": tmp_path, "fails": True})

    assert LogReader(tmp_path).load_scalars("loss") == [(0, 3.0)]


def test_trial_that_logged_nothing_has_no_log():
    assert ExperimentRunner(Silent)({}).logger is None

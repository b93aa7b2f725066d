from __future__ import annotations

import pickle
from typing import Any, get_type_hints

import pytest

from pyexp import Config, Experiment, ExperimentRunner


class Training(Experiment):
    def experiment(self) -> None:
        self.square = self.cfg.x**2


def annotated(two: ExperimentRunner[[Config], int], three: ExperimentRunner[..., Any, Training]) -> None:
    """Its annotations are evaluated below."""


def test_annotations_name_two_or_three_types():
    hints = get_type_hints(annotated)
    assert [hints[name].__origin__ for name in ("two", "three")] == [ExperimentRunner, ExperimentRunner]


@pytest.mark.parametrize(
    "kind", [ExperimentRunner, ExperimentRunner[[Config], Any], ExperimentRunner[..., Any, Training]]
)
def test_it_is_made_by_an_annotated_type_too(kind: Any):
    assert isinstance(kind(Training), ExperimentRunner)
    assert kind(Training)({"x": 3}).square == 9


def test_an_annotated_type_can_be_derived_from():
    class Mine(ExperimentRunner[[Config], int]):
        """A runner with something more."""

    assert Mine(lambda config: config.x)({"x": 3}) == 3


def test_chkpt_of_an_instance_takes_the_function_alone():
    runner = ExperimentRunner(lambda config: config.x)

    @runner.chkpt(retry=2)
    def step(value: int) -> int:
        return value + 1

    assert step(1) == 2
    assert runner.chkpt(len)("ab") == 2


def test_a_runner_of_a_class_can_be_pickled():
    again = pickle.loads(pickle.dumps(ExperimentRunner(Training)))
    assert again({"x": 2}).square == 4

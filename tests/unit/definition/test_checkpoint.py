from __future__ import annotations

import random
import threading

import numpy as np
import pytest

from pyexp import Experiment, chkpt
from support.experiments import make_runner, run_one


@chkpt(retry=3)
def flaky(config):
    count = config.out / "calls"
    calls = int(count.read_text()) + 1 if count.exists() else 1
    count.write_text(str(calls))
    if calls < config.needed:
        raise RuntimeError(f"call {calls}")
    return calls


@chkpt
async def later(value):
    return value


def test_step_is_tried_as_often_as_allowed(tmp_path):
    result = run_one(flaky, {"needed": 3}, tmp_path, executor="inline")

    assert result.result == 3
    assert "chkpt flaky: attempt 2 of 3 failed (RuntimeError: call 2); trying again" in result.log


def test_last_failure_is_the_runs(tmp_path):
    result = run_one(flaky, {"needed": 9}, tmp_path, executor="inline")

    assert result.error.startswith("RuntimeError: call 3")


@pytest.mark.parametrize("retry", [0, -1, 1.5, True, "2"])
def test_number_of_attempts_is_checked(retry):
    with pytest.raises(ValueError, match="expected the number of attempts"):
        chkpt(retry=retry)


def test_outside_of_a_run_it_is_a_plain_call():
    @chkpt
    def add(a, b=1):
        return a + b

    assert add(1, b=2) == 3


@pytest.mark.parametrize("executor", ["inline", "fork", "subprocess"])
@pytest.mark.slow
def test_finished_steps_are_not_repeated(tmp_path, executor):
    def steps(config):
        from pyexp import chkpt

        @chkpt
        def step(value):
            with (config.out / "executed").open("a") as file:
                file.write(f"{value} ")
            return value * 10

        values = [step(value) for value in (1, 2, 3)]
        if not (config.out / "again").exists():
            (config.out / "again").touch()
            raise RuntimeError("after the steps")
        return values

    runner = make_runner(steps, [{}], tmp_path, executor=executor)
    (failed,) = runner.run()
    (passed,) = runner.run(continue_run=True)

    assert (failed.status, passed.result) == ("failed", [10, 20, 30])
    assert (passed.out / "executed").read_text() == "1 2 3 "
    assert sorted(path.name for path in (passed.out / ".checkpoints").iterdir()) == [
        "step.2.pkl", "step.3.pkl", "step.pkl",
    ]  # fmt: skip


class Steps(Experiment):
    @chkpt
    def train(self):
        self.trained = self.cfg.x
        with (self.out / "executed").open("a") as file:
            file.write("train ")
        return "returned"

    def experiment(self):
        self.told = self.train()
        if not (self.out / "again").exists():
            (self.out / "again").touch()
            raise RuntimeError("after the step")


def test_attributes_come_back_with_a_skipped_method(tmp_path):
    runner = make_runner(Steps, [{"x": 7}], tmp_path, executor="inline")
    runner.run()
    (passed,) = runner.run(continue_run=True)

    assert (passed.trained, passed.told) == (7, "returned")
    assert (passed.out / "executed").read_text() == "train "


def test_damaged_checkpoint_runs_again_and_says_so(tmp_path):
    runner = make_runner(Steps, [{"x": 7}], tmp_path, executor="inline")
    (failed,) = runner.run()
    (failed.out / ".checkpoints" / "train.pkl").write_bytes(b"\x80")

    (passed,) = runner.run(continue_run=True)

    assert passed.trained == 7
    assert "the step runs again" in passed.log


def test_asynchronous_step_is_kept_too(tmp_path):
    async def steps(config):
        return await later(config.x)

    result = run_one(steps, {"x": 4}, tmp_path, executor="inline")

    assert result.result == 4
    assert (result.out / ".checkpoints" / "later.pkl").exists()


@chkpt
def load(name):
    return f"data of {name}"


@chkpt
def prepare():
    return load("train").upper()


@chkpt
def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)


@chkpt(retry=2)
def second_time_lucky(config):
    loaded = load("first")
    if not (config.out / "tried").exists():
        (config.out / "tried").touch()
        raise RuntimeError("not yet")
    return loaded


@pytest.mark.parametrize(
    ("steps", "values"),
    [
        (lambda _: (prepare(), load("test")), ("DATA OF TRAIN", "data of test")),
        (lambda _: (factorial(3), factorial(5)), (6, 120)),
        (lambda config: (second_time_lucky(config), load("second")), ("data of first", "data of second")),
    ],
    ids=["nested", "recursive", "retried"],
)
@pytest.mark.slow
def test_a_call_finds_its_own_checkpoint_behind_steps_with_calls_of_their_own(tmp_path, steps, values):
    def fail_once(config):
        found = steps(config)
        if not (config.out / "again").exists():
            (config.out / "again").touch()
            raise RuntimeError("after the steps")
        return found

    result = run_one(fail_once, {}, tmp_path, executor="inline", retries=1)

    assert (result.attempts, result.result) == (2, values)


class Base(Experiment):
    @chkpt
    def setup(self):
        self.log_lines = [*getattr(self, "log_lines", ()), "base"]
        return "B"


class Derived(Base):
    @chkpt
    def setup(self):
        return super().setup() + "X"

    def experiment(self):
        self.told = (self.setup(), self.setup())
        if not (self.out / "again").exists():
            (self.out / "again").touch()
            raise RuntimeError("after the steps")


@pytest.mark.slow
def test_an_overridden_step_that_calls_its_base_comes_back_as_it_was(tmp_path):
    runner = make_runner(Derived, [{}], tmp_path, executor="inline", retries=1)
    (passed,) = runner.run()

    assert passed.told == ("BX", "BX")
    assert passed.log_lines == ["base", "base"]


@pytest.mark.slow
def test_an_asynchronous_step_counts_the_calls_within_it(tmp_path):
    @chkpt
    async def outer():
        return await later("inner")

    async def steps(config):
        found = (await outer(), await later("next"))
        if not (config.out / "again").exists():
            (config.out / "again").touch()
            raise RuntimeError("after the steps")
        return found

    result = run_one(steps, {}, tmp_path, executor="inline", retries=1)

    assert result.result == ("inner", "next")


class Model:
    def __init__(self):
        self.weight = 0.0


STATE = {"calls": 0}


@chkpt
def train_in_place(model):
    model.weight = 1.0
    return "done"


@chkpt
def train_and_return(model):
    model.weight = 1.0
    return {"model": model}


@chkpt
def fill(values):
    values.append(1)


@chkpt
def fill_keyword(*, values):
    values["a"] = 1


@chkpt
def zero(array):
    array[:] = 0


@chkpt
def draw(rng):
    return rng.random()


@chkpt
def count():
    STATE["calls"] += 1


@chkpt
async def train_later(model):
    model.weight = 1.0


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: train_in_place(Model()), "argument 1"),
        (lambda: fill([]), "argument 1"),
        (lambda: fill_keyword(values={}), "argument 'values'"),
        (lambda: zero(np.ones(3)), "argument 1"),
        (lambda: draw(random.Random(0)), "argument 1"),
        (count, "global 'STATE'"),
    ],
    ids=["attributes", "list", "keyword dict", "array", "generator", "global"],
)
def test_a_change_in_place_that_is_not_returned_is_not_kept(tmp_path, call, named):
    result = run_one(lambda config: call() and None, {}, tmp_path, executor="inline")

    assert result.status == "passed"
    assert result.log.count(f"the call changed {named} and did not return it") == 1
    assert list((result.out / ".checkpoints").glob("*")) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda: train_and_return(Model()),
        lambda: later([1]),
        lambda: later(object()),
        lambda: later(threading.Lock()),
    ],
    ids=["returned", "unchanged", "no state", "unpicklable"],
)
def test_other_calls_are_kept(tmp_path, call):
    async def body(config):
        value = call()
        return None if not hasattr(value, "__await__") else bool(await value)

    result = run_one(body, {}, tmp_path, executor="inline")

    assert "did not return it" not in result.log


def test_an_asynchronous_step_is_watched_too(tmp_path):
    async def body(config):
        await train_later(Model())

    result = run_one(body, {}, tmp_path, executor="inline")

    assert "the call changed argument 1" in result.log


def test_a_large_argument_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr("pyexp.definition.mutations.LIMIT_BYTES", 10)
    result = run_one(lambda config: fill(list(range(100))), {}, tmp_path, executor="inline")

    assert "did not return it" not in result.log


def test_changes_are_put_back_in_place_when_asked(tmp_path):
    @chkpt(mutates=True)
    def train(model, history, table, array):
        model.weight = 1.0
        history.append("trained")
        table["a"] = 1
        array[:] = 7
        return "returned"

    def body(config):
        model, history, table, array = Model(), [], {}, np.zeros(2)
        alias = history
        returned = train(model, history, table, array)
        if not (config.out / "again").exists():
            (config.out / "again").touch()
            raise RuntimeError("continue")
        return [model.weight, alias, table, array.tolist(), returned]

    runner = make_runner(body, [{}], tmp_path, executor="inline")
    runner.run()
    (result,) = runner.run(continue_run=True)

    assert result.result == [1.0, ["trained"], {"a": 1}, [7.0, 7.0], "returned"]


def test_what_cannot_be_put_back_is_refused_before_the_work(tmp_path):
    @chkpt(mutates=True)
    def consume(values):
        raise AssertionError("called")

    result = run_one(lambda config: consume({1}), {}, tmp_path, executor="inline")

    assert result.error.startswith("TypeError: chkpt(mutates=True): argument 1 is a set")

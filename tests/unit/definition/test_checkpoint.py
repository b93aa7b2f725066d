from __future__ import annotations

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

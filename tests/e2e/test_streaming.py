"""`astream()`: results as they finish, and every way to leave the loop."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest

import pyexp
from e2e.support_project import WAIT_S, statuses
from support.processes import children, is_alive
from support.waiting import wait_until_read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyexp import ExperimentRunner


@pytest.fixture(params=["subprocess", "fork"])
def executor(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def experiment(tmp_path: Path, executor: str) -> ExperimentRunner:
    """Two runs at once: ``quick`` returns, ``slow`` waits for the file ``go``."""

    def body(config: Any) -> str:
        import os
        import time
        from pathlib import Path

        folder = Path(config.folder)
        if config.name == "slow":
            (folder / "pid").write_text(str(os.getpid()))
            (folder / "pid").rename(folder / "started")
            while not (folder / "go").exists():
                time.sleep(0.01)
        else:
            while not (folder / "started").exists():
                time.sleep(0.01)
        return config.name.upper()

    runner = pyexp.experiment(
        name="streamed", executor=executor, jobs=2, stash=False, output_dir=tmp_path / "out", timeout=WAIT_S
    )(body)
    runner.configs(lambda: [{"name": "slow", "folder": tmp_path}, {"name": "quick", "folder": tmp_path}])
    return runner


def slow_run(tmp_path: Path) -> int:
    return int(wait_until_read(tmp_path / "started"))


def the_batch(tmp_path: Path) -> Path:
    (batch,) = (tmp_path / "out" / "streamed").iterdir()
    return batch


async def has_come(claim: Callable[[], bool]) -> None:
    with anyio.fail_after(WAIT_S):
        while not claim():  # noqa: ASYNC110 — processes and files send no events
            await anyio.sleep(0.01)


def test_results_come_as_they_finish(experiment: ExperimentRunner, tmp_path: Path):
    async def main() -> list[Any]:
        found = []
        async for result in experiment.astream():
            found.append((result.name, result.result, result.status))
            (tmp_path / "go").touch()
        return found

    assert asyncio.run(main()) == [("quick", "QUICK", "passed"), ("slow", "SLOW", "passed")]
    assert children() == set()


def test_break_ends_the_runs_that_are_left(experiment: ExperimentRunner, tmp_path: Path):
    async def main() -> None:
        async for result in experiment.astream():
            assert result.name == "quick"
            break
        await has_come(lambda: not children())

    asyncio.run(main())
    assert not is_alive(slow_run(tmp_path))
    assert statuses(the_batch(tmp_path)) == {"slow": "interrupted", "quick": "passed"}


def test_break_as_the_last_act_leaves_nothing(experiment: ExperimentRunner, tmp_path: Path):
    async def main() -> None:
        async for _ in experiment.astream():
            break

    asyncio.run(main())
    assert not is_alive(slow_run(tmp_path))
    assert children() == set()


def test_an_exception_goes_through_as_it_is(experiment: ExperimentRunner, tmp_path: Path):
    async def main() -> None:
        async with aclosing(experiment.astream()) as stream:
            async for result in stream:
                raise LookupError(result.name)

    with pytest.raises(LookupError, match="quick"):
        asyncio.run(main())
    assert not is_alive(slow_run(tmp_path))
    assert children() == set()


def test_closing_the_stream_waits_for_the_end_of_the_runs(experiment: ExperimentRunner, tmp_path: Path):
    async def main() -> None:
        async with aclosing(experiment.astream()) as stream:
            async for _ in stream:
                break
        assert not is_alive(slow_run(tmp_path))
        assert children() == set()
        assert statuses(the_batch(tmp_path))["slow"] == "interrupted"

    asyncio.run(main())


def test_cancelling_the_consumer_ends_the_runs_first(experiment: ExperimentRunner, tmp_path: Path):
    async def consume() -> None:
        async for _ in experiment.astream():
            pass

    async def main() -> None:
        task = asyncio.create_task(consume())
        await has_come(lambda: (tmp_path / "started").exists())
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert not is_alive(slow_run(tmp_path))
        assert children() == set()

    asyncio.run(main())


def test_the_callers_scopes_are_left_alone(experiment: ExperimentRunner, tmp_path: Path):
    async def main() -> str:
        async with anyio.create_task_group(), asyncio.timeout(WAIT_S):
            with anyio.fail_after(WAIT_S):
                async for _ in experiment.astream():
                    break
                # Nothing of the stream's ending is delivered here.
                await has_come(lambda: not children())
        await anyio.lowlevel.checkpoint()
        return "undisturbed"

    assert asyncio.run(main()) == "undisturbed"
    assert not is_alive(slow_run(tmp_path))


def test_a_deadline_around_the_loop_ends_the_runs(experiment: ExperimentRunner, tmp_path: Path):
    async def main() -> None:
        with anyio.CancelScope() as scope:
            async for _ in experiment.astream():
                scope.cancel()  # reaches the loop where it waits for the next result
        assert scope.cancelled_caught
        assert children() == set()

    asyncio.run(main())
    assert statuses(the_batch(tmp_path)) == {"slow": "interrupted", "quick": "passed"}


def test_errors_are_raised_with_their_type(tmp_path: Path):
    runner = pyexp.experiment(output_dir=tmp_path, stash=False)(lambda config: config)

    async def main() -> None:
        async for _ in runner.astream(configs=list):
            pass

    with pytest.raises(pyexp.PyexpError, match="configs"):
        asyncio.run(main())


def test_what_was_left_is_continued(experiment: ExperimentRunner, tmp_path: Path):
    async def main() -> list[str]:
        async with aclosing(experiment.astream()) as stream:
            async for _ in stream:
                break
        (tmp_path / "go").touch()
        return [result.name async for result in experiment.astream(continue_run=True)]

    assert asyncio.run(main()) == ["slow"]


def test_run_works_where_a_loop_is_running(experiment: ExperimentRunner, tmp_path: Path):
    (tmp_path / "go").touch()

    async def main() -> Any:
        return experiment.run(report=lambda results: [r.result for r in results])

    started = time.monotonic()
    assert asyncio.run(main()) == ["SLOW", "QUICK"]
    assert time.monotonic() - started < WAIT_S

"""Experiments run in the test's own process, through the public door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyexp import ExperimentRunner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyexp import Tensor


def make_runner(function: Any, configs: list[dict[str, Any]], output_dir: Path, **defaults: Any) -> ExperimentRunner:
    """Make a runner for *function* whose batches are in ``output_dir/exp`` and whose report gives the results."""
    runner = ExperimentRunner(function, name="exp", output_dir=output_dir, stash=False, **defaults)
    runner.configs(lambda: configs)
    runner.report(lambda results: results)
    return runner


def run_all(
    function: Callable[..., Any] | type, configs: list[dict[str, Any]], output_dir: Path, **settings: Any
) -> Tensor[Any]:
    """Run *function* over *configs* and give the results."""
    results: Tensor[Any] = make_runner(function, configs, output_dir).run(**settings)
    return results


def run_one(function: Callable[..., Any] | type, config: dict[str, Any], output_dir: Path, **settings: Any) -> Any:
    """Run *function* for one *config* and give its result."""
    (result,) = run_all(function, [config], output_dir, **settings)
    return result

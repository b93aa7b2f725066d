"""What the runs of a batch are executed by: settled, or refused, before there is a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyexp.errors import SettingsError
from pyexp.executors.registry import get_executor
from pyexp.scheduler.resources import require_devices, visible_devices

if TYPE_CHECKING:
    from pyexp.executors.base import Executor
    from pyexp.runner.settings import Settings
    from pyexp.task import Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What executes runs, and how many at once.

    Attributes:
        executor: What runs them.
        jobs: Runs at once; None for as many as the executor takes.
        devices: Devices to hand out, if the runs want some.
    """

    executor: Executor
    jobs: int | None
    devices: list[str]


def find_means(body: Body, settings: Settings) -> Means:
    """Get the executor, and the devices that runs of *body* want.

    Raises:
        SettingsError: There is no such executor, there are not enough devices, or they cannot be kept apart.
        ExecutorError: The executor does not work on this platform.
        MissingExtraError: It needs an extra that is not installed.
    """
    executor = get_executor(settings.executor)
    devices = visible_devices() if settings.gpus else []
    require_devices(devices, settings.gpus)
    jobs = settings.jobs
    if jobs is None:
        jobs = len(devices) // settings.gpus if settings.gpus else executor.default_jobs(body)
    if settings.gpus and not executor.is_isolated and jobs != 1:
        raise SettingsError(f"gpus={settings.gpus} with runs in one process: use jobs=1 or an isolated executor")
    return Means(executor=executor, jobs=jobs, devices=devices)

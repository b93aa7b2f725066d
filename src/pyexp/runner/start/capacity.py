"""What executes the runs of a batch, and how many at once: settled, or refused, before there is a batch."""

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
class Capacity:
    """What executes runs, and how many at once.

    Attributes:
        executor: What executes them.
        jobs: Runs at once; None for as many as the executor takes.
        devices: Devices to assign to the runs.
        needs_main_thread: One run at a time has the main thread, where the loop runs in it.
    """

    executor: Executor
    jobs: int | None
    devices: list[str]
    needs_main_thread: bool


def find_capacity(body: Body, settings: Settings) -> Capacity:
    """Return the executor, and the devices that runs of *body* need.

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
    needs_main_thread = jobs == 1 and executor.needs_main_thread(body)
    return Capacity(executor=executor, jobs=jobs, devices=devices, needs_main_thread=needs_main_thread)

"""An `Experiment` class behind one call. Picklable."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyexp.definition.base import attributes_of, bind
from pyexp.definition.parameters import is_async

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from pyexp.config.config import Config
    from pyexp.definition.base import Experiment
    from pyexp.executors.invoke import ActiveRun
    from pyexp.log.logger import Logger
    from pyexp.log.reader import LogReader


class Trial:
    """A run outside of any batch: a config, and a folder if the config names one."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.name = str(config.get("name", "trial"))
        self._log: Logger | LogReader | None = None
        self._has_ended = False

    @property
    def out(self) -> Path:
        """The folder that the config names."""
        return Path(self.config["out"])

    @property
    def logger(self) -> Logger | LogReader | None:
        """The trial's event log, as a run has one; without a folder, it is removed with this trial."""
        if self._log is None and not self._has_ended:
            from pyexp.executors.journal import open_run_log

            self._log = open_run_log(self.out if "out" in self.config else self._folder_for_now(), self.config, None)
        return self._log

    def end(self) -> None:
        """Complete the event log, if there is one; from now on it can be read.

        Raises:
            LogWriteError: Something that was logged could not be written.
        """
        self._has_ended = True
        if self._log is not None:
            from pyexp.log.reader import LogReader

            self._log.close()
            self._log = LogReader(self._log.path)

    def _folder_for_now(self) -> Path:
        import shutil
        import tempfile
        import weakref

        folder = tempfile.mkdtemp(prefix="pyexp-trial-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)


class ClassBody:
    """An `Experiment` class: its value is the dict of the attributes that ``experiment()`` set."""

    def __init__(self, cls: type[Experiment]) -> None:
        self.cls = cls
        self.is_async = is_async(cls.experiment)

    def __call__(self, run: ActiveRun) -> Any:
        """Make an instance, run it, and return its attributes."""
        instance = self._make(run)
        returned: Any = instance.experiment()
        if hasattr(returned, "__await__"):
            return self._finish(instance, returned)
        return _value(instance, returned)

    def try_out(self, config: Config) -> Experiment | Awaitable[Experiment]:
        """Run one instance with *config* outside of any batch, for a unit test or a debugger.

        Returns:
            The instance; if ``experiment()`` is asynchronous, an awaitable of it.
        """
        trial = Trial(config)
        instance = self._make(trial)
        try:
            returned: Any = instance.experiment()
        except BaseException:
            trial.end()
            raise
        if hasattr(returned, "__await__"):
            return _await_trial(instance, trial, returned)
        trial.end()
        return instance

    def _make(self, source: Any) -> Experiment:
        instance = bind(self.cls, source)
        if self.cls.__init__ is not object.__init__:
            instance.__init__()  # type: ignore[misc]
        return instance

    async def _finish(self, instance: Experiment, returned: Any) -> dict[str, Any]:
        return _value(instance, await returned)


async def _await_trial(instance: Experiment, trial: Trial, returned: Awaitable[Any]) -> Experiment:
    try:
        await returned
    finally:
        trial.end()
    return instance


def _value(instance: Experiment, returned: Any) -> dict[str, Any]:
    attributes = attributes_of(instance)
    if returned is not None:
        attributes.setdefault("result", returned)
    return attributes

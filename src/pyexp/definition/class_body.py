"""An `Experiment` class behind one call. Picklable."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyexp.definition.base import attributes_of, bind

if TYPE_CHECKING:
    from pyexp.config.config import Config
    from pyexp.definition.base import Experiment
    from pyexp.executors.invoke import ActiveRun


class Trial:
    """A run outside of any batch: a config, and a folder if the config names one."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.name = str(config.get("name", "trial"))
        self.logger = None

    @property
    def out(self) -> Path:
        """The folder that the config names."""
        return Path(self.config["out"])


class ClassBody:
    """An `Experiment` class: its value is the dict of the attributes that ``experiment()`` set."""

    def __init__(self, cls: type[Experiment]) -> None:
        self.cls = cls
        self.is_async = inspect.iscoroutinefunction(cls.experiment)

    def __call__(self, run: ActiveRun) -> Any:
        """Make an instance, run it, and give its attributes."""
        instance = self._make(run)
        returned = instance.experiment()
        if hasattr(returned, "__await__"):
            return self._finish(instance, returned)
        return _value(instance, returned)

    def try_out(self, config: Config) -> Experiment:
        """Run one instance with *config* outside of any batch, for a unit test or a debugger."""
        instance = self._make(Trial(config))
        instance.experiment()
        return instance

    def _make(self, source: Any) -> Experiment:
        instance = bind(self.cls, source)
        if self.cls.__init__ is not object.__init__:
            instance.__init__()  # type: ignore[misc]
        return instance

    async def _finish(self, instance: Experiment, returned: Any) -> dict[str, Any]:
        return _value(instance, await returned)


def _value(instance: Experiment, returned: Any) -> dict[str, Any]:
    attributes = attributes_of(instance)
    if returned is not None:
        attributes.setdefault("result", returned)
    return attributes

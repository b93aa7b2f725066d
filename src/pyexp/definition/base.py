"""The class API: an experiment as a class whose instances are runs while they execute, and results later."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

from pyexp.errors import PyexpError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from typing import TypeGuard

    from pyexp.config.config import Config
    from pyexp.executors.invoke import ActiveRun
    from pyexp.log.logger import Logger
    from pyexp.log.reader import LogReader
    from pyexp.results.result import Result

    class RunLog(Logger, LogReader):
        """What a run's log can do while the run executes or afterwards; its class depends on when it is asked for."""


E = TypeVar("E", bound="Experiment")

_SOURCE = "_pyexp_source"
_IS_READ = "_pyexp_is_read"


class Experiment:
    """The base of experiments as classes: define ``experiment()`` and run it with ``ExperimentRunner(YourClass)``.

    The attributes that ``experiment()`` sets on ``self`` are the result. In the report, and from ``results()``, each
    item is an instance of the class with those attributes and with the properties of `Result`; a run that has not
    passed is an instance without the attributes.

    Example:
        >>> class Squares(Experiment):
        ...     def experiment(self):
        ...         self.square = self.cfg.x ** 2
        ...
        ...     @staticmethod
        ...     def configs():
        ...         return [{"x": 1}, {"x": 2}]
    """

    # Outside of the attributes: ``vars(instance)`` is what the run set.
    __slots__ = ("__dict__", "__weakref__", _IS_READ, _SOURCE)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        taken = [name for name in _RESERVED if name in vars(cls)]
        if taken:
            raise AttributeError(
                f"{cls.__qualname__} defines {taken[0]!r}, which every experiment has from pyexp: rename it"
            )

    def experiment(self) -> object:
        """Do the work; override it."""
        raise NotImplementedError(f"{type(self).__qualname__} must define experiment()")

    @staticmethod
    def configs() -> Any:
        """Return the configs to run; override it."""
        raise NotImplementedError

    @staticmethod
    def report(*args: Any, **kwargs: Any) -> Any:
        """Report; override it as ``report(results, out)`` or ``report(results)``. By default a table is shown."""
        raise NotImplementedError

    @property
    def config(self) -> Config:
        """The run's config, ``out`` included."""
        config: Config = _source(self).config
        return config

    @property
    def cfg(self) -> Config:
        """The run's config, ``out`` included."""
        return self.config

    @property
    def name(self) -> str:
        """The config's name."""
        name: str = _source(self).name
        return name

    @property
    def out(self) -> Path:
        """The run's folder."""
        out: Path = _source(self).out
        return out

    @property
    def logger(self) -> RunLog | Any:
        """While running, the run's `Logger`, made on first use; afterwards its `LogReader`, or None without a log."""
        logger: RunLog | Any = _source(self).logger
        return logger

    @property
    def result(self) -> Any:
        """The attribute ``result`` if the run set it, else the dict of all attributes."""
        if "result" in self.__dict__:
            return self.__dict__["result"]
        return _own_result(_finished(self).result)

    @result.setter
    def result(self, value: Any) -> None:
        self.__dict__["result"] = value

    @property
    def error(self) -> str | None:
        """Type, message and traceback of a run that failed."""
        return _finished(self).error

    @property
    def log(self) -> str:
        """What the run printed."""
        return _finished(self).log

    @property
    def status(self) -> str:
        """The run's status."""
        return _finished(self).status

    @property
    def ok(self) -> bool:
        """Whether the run passed and its result can be read."""
        return _finished(self).ok

    @property
    def started(self) -> datetime | None:
        """Start of the last attempt."""
        return _finished(self).started

    @property
    def finished(self) -> datetime | None:
        """End of the last attempt."""
        return _finished(self).finished

    @property
    def duration(self) -> float | None:
        """Seconds that the last attempt took."""
        return _finished(self).duration

    @property
    def attempts(self) -> int:
        """Attempts so far."""
        return _finished(self).attempts

    if not TYPE_CHECKING:  # with it, a type checker would accept any attribute

        def __getattr__(self, name: str) -> Any:
            """Raise an error that says why the attribute is missing."""
            source = _slot(self, _SOURCE)
            if _is_result(source) and isinstance(getattr(type(source), name, None), property):
                # A name of `Result` that came after 0.1.0: it is not reserved, an attribute that the run set wins.
                found = getattr(source, name)
                return _own_result(found) if name == "previous" else found
            if _is_result(source) and not name.startswith("__") and source.status != "passed":
                raise AttributeError(
                    f"the run {source.name!r} has no attribute {name!r}: it is {source.status}", name=name, obj=self
                )
            raise AttributeError(f"{type(self).__qualname__!r} object has no attribute {name!r}", name=name, obj=self)

        def __setattr__(self, name: str, value: Any) -> None:
            if name in _RESERVED:
                raise AttributeError(
                    f"{name!r} belongs to pyexp and cannot be assigned on an experiment: choose another name"
                )
            super().__setattr__(name, value)

    def __repr__(self) -> str:
        source = _slot(self, _SOURCE)
        inner = f"{source.name!r}, {source.status}" if _is_result(source) else ""
        return f"{type(self).__name__}({inner})"


_RESERVED = frozenset(
    name for name, value in vars(Experiment).items() if isinstance(value, property) and name != "result"
)
_OWN = _RESERVED | {_IS_READ, _SOURCE}


def bind(cls: type[E], source: ActiveRun | Result) -> E:
    """Make an instance of *cls* for a run, without calling its ``__init__``."""
    instance = cls.__new__(cls)
    object.__setattr__(instance, _SOURCE, source)
    if _is_result(source) and Experiment.__getattribute__ is not _read_and_get:
        # Only where there are results: it makes attributes several times slower, which a run's process must not pay.
        Experiment.__getattribute__ = _read_and_get  # type: ignore[method-assign]
    return instance


def attributes_of(instance: Experiment) -> dict[str, Any]:
    """Return the attributes that the run has set on *instance*."""
    return dict(instance.__dict__)


def restore_attributes(instance: Experiment, attributes: dict[str, Any]) -> None:
    """Set *attributes* as the only attributes of *instance*."""
    instance.__dict__.clear()
    instance.__dict__.update(attributes)


def overrides(cls: type[Experiment], method: str) -> bool:
    """Return whether *cls*, or a base of it below `Experiment`, defines *method*."""
    return getattr(cls, method) is not getattr(Experiment, method)


def _read_and_get(instance: Any, name: str) -> Any:
    """Get an attribute as usual, after reading those that the run set if it may be one of them."""
    if name == "__dict__" or not (name.startswith("__") or name in _OWN):
        _read(instance)
    return object.__getattribute__(instance, name)


def _read(instance: Experiment) -> None:
    """Read the result of a passed run into *instance*, once: what is changed or deleted later stays so."""
    source = _slot(instance, _SOURCE)
    if not _is_result(source) or _slot(instance, _IS_READ):
        return
    attributes = source.result
    if isinstance(attributes, dict):
        own = object.__getattribute__(instance, "__dict__")
        for name, value in attributes.items():
            own.setdefault(name, value)
    object.__setattr__(instance, _IS_READ, True)


def _own_result(attributes: Any) -> Any:
    """Return the attribute ``result`` of those that a run set, if it is among them, else all."""
    return attributes["result"] if isinstance(attributes, dict) and "result" in attributes else attributes


def _slot(instance: Experiment, name: str) -> Any:
    try:
        return object.__getattribute__(instance, name)
    except AttributeError:
        return None


def _is_result(source: Any) -> TypeGuard[Result]:
    """Return whether *source* is a `Result`; the process of a run has none and does not import what one needs."""
    results = sys.modules.get("pyexp.results.result")
    return results is not None and isinstance(source, results.Result)


def _source(instance: Experiment) -> Any:
    source = _slot(instance, _SOURCE)
    if source is None:
        raise PyexpError(
            f"{type(instance).__qualname__} has no run yet: an ExperimentRunner makes its instances; "
            f"to try one out, call ExperimentRunner({type(instance).__qualname__})(config)"
        )
    return source


def _finished(instance: Experiment) -> Result:
    source = _source(instance)
    if not _is_result(source):
        raise AttributeError("this is known only when the run has finished")
    return source

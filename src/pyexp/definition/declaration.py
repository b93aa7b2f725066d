"""What the user declared: a name, what to run, its configs, its report, and the settings it prefers."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

from pyexp.definition.base import Experiment, bind, overrides
from pyexp.definition.class_body import ClassBody
from pyexp.definition.function_body import FunctionBody

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyexp.store.batch import Batch
    from pyexp.store.index import RunRecord


class Declaration:
    """An experiment as declared; ``configs`` and ``report`` may be added after the decoration.

    Attributes:
        name: The experiment's name.
        subject: The function or class.
        body: *subject* behind one call.
        home: Folder of the file that defines it; the working directory for what was typed in.
        configs: Returns the configs.
        report: Reports on the results.
        defaults: Settings given to the decorator.
        origin: The declaration of which this is a copy with what a start was given, or itself.
    """

    __slots__ = ("__weakref__", "body", "configs", "defaults", "home", "name", "origin", "report", "subject")

    def __init__(
        self,
        *,
        name: str,
        subject: Any,
        body: FunctionBody | ClassBody,
        home: Path,
        defaults: Mapping[str, Any],
        configs: Callable[..., Any] | None = None,
        report: Callable[..., Any] | None = None,
        origin: Declaration | None = None,
    ) -> None:
        self.name = name
        self.subject = subject
        self.body = body
        self.home = home
        self.configs = configs
        self.report = report
        self.defaults = defaults
        self.origin = origin or self

    def with_given(self, configs: Callable[..., Any] | None, report: Callable[..., Any] | None) -> Declaration:
        """Return the same experiment with what a start was given in the place of what was declared."""
        return Declaration(
            name=self.name,
            subject=self.subject,
            body=self.body,
            home=self.home,
            defaults=self.defaults,
            configs=configs or self.configs,
            report=report or self.report,
            origin=self.origin,
        )

    @property
    def own_name(self) -> str:
        """The name that was given, else the function's or class's."""
        return str(self.defaults.get("name") or self.name)

    @property
    def module(self) -> str:
        """Name of the module that defines it."""
        return getattr(self.subject, "__module__", None) or "__main__"

    @property
    def make_item(self) -> Callable[[Batch, RunRecord], Any]:
        """The maker of what the user sees of a run: a `Result`, or an instance of the class that has one."""
        from pyexp.results.result import Result  # the process of a run declares experiments, and reads no results

        make_result = functools.partial(Result, main=self.module)
        if isinstance(self.body, ClassBody):
            cls = self.body.cls
            return lambda batch, record: bind(cls, make_result(batch, record))
        return make_result


def declare(subject: Any, defaults: Mapping[str, Any]) -> Declaration:
    """Inspect the function or `Experiment` class *subject*.

    Raises:
        TypeError: It is neither, or a function that does not take a config.
    """
    common = {"name": getattr(subject, "__name__", "experiment"), "subject": subject, "home": _home(subject)}
    if isinstance(subject, type):
        if not issubclass(subject, Experiment):
            raise TypeError(f"{subject.__qualname__} is not an experiment: derive it from pyexp.Experiment")
        return Declaration(
            **common,
            body=ClassBody(subject),
            configs=subject.configs if overrides(subject, "configs") else None,
            report=subject.report if overrides(subject, "report") else None,
            defaults=defaults,
        )
    if not callable(subject):
        raise TypeError(f"an experiment is a function of the config or an Experiment class; got {subject!r}")
    return Declaration(**common, body=FunctionBody(subject), defaults=defaults)


def _home(subject: Any) -> Path:
    file = _source_file(subject.func if isinstance(subject, functools.partial) else subject)
    # Notebook cells and typed-in code have names such as <stdin>, or files in a temporary folder that are not there.
    if file is None or not os.path.isfile(file) or _is_notebook_cell(file):
        return Path.cwd()
    return Path(os.path.abspath(file)).parent


def _source_file(subject: Any) -> str | None:
    if type(subject) is FunctionType and not hasattr(subject, "__wrapped__"):
        return subject.__code__.co_filename
    if isinstance(subject, type):
        file = getattr(sys.modules.get(subject.__module__), "__file__", None)
        if file is None or file.endswith(".py"):  # a class of a notebook cell is in no file at all
            return file
    import inspect

    try:
        # What another decorator made of it is in that decorator's file.
        return inspect.getsourcefile(inspect.unwrap(subject))
    except (TypeError, OSError):
        return None


def _is_notebook_cell(file: str) -> bool:
    return f"{os.sep}ipykernel_" in file

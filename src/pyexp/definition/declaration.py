"""What the user declared: a name, what to run, its configs, its report, and the settings it prefers."""

from __future__ import annotations

import functools
import inspect
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyexp.definition.base import Experiment, bind, overrides
from pyexp.definition.class_body import ClassBody
from pyexp.definition.function_body import FunctionBody

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyexp.store.batch import Batch
    from pyexp.store.index import RunRecord


@dataclass(slots=True, kw_only=True)
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
    """

    name: str
    subject: Any
    body: FunctionBody | ClassBody
    home: Path
    configs: Callable[[], Any] | None = None
    report: Callable[..., Any] | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def make_item(self) -> Callable[[Batch, RunRecord], Any]:
        """The maker of what the user sees of a run: a `Result`, or an instance of the class that has one."""
        from pyexp.results.result import Result  # the process of a run declares experiments, and reads no results

        make_result = functools.partial(Result, main=getattr(self.subject, "__module__", "__main__"))
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
    # What another package's decorator made of it is in that package's file.
    inner = inspect.unwrap(subject.func if isinstance(subject, functools.partial) else subject)
    try:
        file = inspect.getsourcefile(inner)
    except (TypeError, OSError):  # a class of a notebook cell is not in any file
        file = None
    # Notebook cells and typed-in code have names such as <stdin>, or files in a temporary folder that are not there.
    if file is None or not os.path.isfile(file) or _is_notebook_cell(file):
        return Path.cwd()
    return Path(os.path.abspath(file)).parent


def _is_notebook_cell(file: str) -> bool:
    return f"{os.sep}ipykernel_" in file

"""A function of a config behind one call. Picklable and light: a run's process imports this and little else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyexp.definition.parameters import is_async, parameters_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyexp.definition.parameters import Parameter
    from pyexp.executors.invoke import ActiveRun

_UNION = r"(?:\w+\.)?(?:Optional|Union)\[(.*)\]"


class FunctionBody:
    """A function of the config, and of the logger or the run folder where it asks for them."""

    def __init__(self, function: Callable[..., Any]) -> None:
        """Inspect the parameters of *function*.

        Raises:
            TypeError: It takes no config, or requires something that a run does not have.
        """
        self.function = function
        self.is_async = is_async(function)
        self.positional, self.keywords = _wishes(function)

    @property
    def may_log(self) -> bool:
        """Whether the function asks for the logger."""
        return "logger" in self.positional or "logger" in self.keywords.values()

    def __call__(self, run: ActiveRun) -> Any:
        """Call the function with what it asks for."""
        positional = [getattr(run, wish) for wish in self.positional]
        keywords = {name: getattr(run, wish) for name, wish in self.keywords.items()}
        return self.function(*positional, **keywords)


def _wishes(function: Callable[..., Any]) -> tuple[list[str], dict[str, str]]:
    """Return what *function* asks for of a run: positional arguments in order, and keyword-only ones by name."""
    parameters = parameters_of(function)
    ordered = [parameter for parameter in parameters if not parameter.is_keyword]
    if not ordered:
        raise TypeError(
            f"the experiment {_name(function)!r} must take the config as its first parameter; it takes none"
        )
    positional = ["config"]
    for place, parameter in enumerate(ordered[1:], start=2):
        wish = _wish(parameter) or ("logger" if place == 2 else None)  # noqa: PLR2004 — the second parameter
        if wish is None:
            _require_default(function, parameter)
            break
        positional.append(wish)
    keywords = {}
    for parameter in parameters:
        if parameter.is_keyword:
            if wish := _wish(parameter):
                keywords[parameter.name] = wish
            else:
                _require_default(function, parameter)
    return positional, keywords


def _wish(parameter: Parameter) -> str | None:
    kinds = _kinds(parameter.annotation)
    if parameter.name == "logger" or "Logger" in kinds:
        return "logger"
    if parameter.name == "out" or "Path" in kinds:
        return "out"
    return None


def _kinds(annotation: Any) -> set[str]:
    """Return the names of the types that an annotation allows: one, or those of a union."""
    if isinstance(annotation, str):
        text = annotation.strip("\"' ")
        union = _union_in(text) if "[" in text else None
        kinds = text.split("|") if union is None else union.split(",")
        return {kind.strip("\"' ").rpartition(".")[2] for kind in kinds}
    if annotation is None or type(annotation) is type:
        return {getattr(annotation, "__name__", "")}
    import types
    import typing

    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return set().union(*map(_kinds, typing.get_args(annotation)))
    if isinstance(annotation, typing.ForwardRef):
        return _kinds(annotation.__forward_arg__)
    return {getattr(annotation, "__name__", "")}


def _union_in(text: str) -> str | None:
    """Return what is between the brackets of an annotation that is a union."""
    import re

    found = re.fullmatch(_UNION, text)
    return found[1] if found else None


def _require_default(function: Callable[..., Any], parameter: Parameter) -> None:
    if not parameter.has_default:
        raise TypeError(
            f"the experiment {_name(function)!r} requires {parameter.name!r}, but a run has a config, a logger and "
            f"a folder to give: put {parameter.name!r} into the config or give it a default"
        )


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", repr(function))

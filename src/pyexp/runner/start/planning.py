"""The configs of a start: what the user's function gives, with what the start sets and sweeps over."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from pyexp.config.loader import load_config
from pyexp.errors import NoConfigsError, SettingsError
from pyexp.sweeps.identity import prepare_configs

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from pyexp.config.config import Config
    from pyexp.definition.declaration import Declaration
    from pyexp.tensor.tensor import Tensor


def plan_configs(
    declaration: Declaration,
    *,
    config: str | os.PathLike[str] | None,
    values: Mapping[str, Any] | None,
    axes: Mapping[str, Any] | None,
) -> Tensor[Config]:
    """Return the configs of a batch.

    Args:
        declaration: The experiment.
        config: A YAML file for ``configs(config)``.
        values: Values by key, set in all of them.
        axes: Lists of values by key, to vary them over.

    Raises:
        PyexpError: There are none, or they cannot be used.
    """
    if declaration.configs is None:
        raise NoConfigsError(
            f"the experiment {declaration.name!r} has no configs: decorate a function with "
            f"@{declaration.name}.configs, or pass run(configs=...)"
        )
    return prepare_configs(_call(declaration.configs, config), values=values, axes=axes)


def _call(configs: Callable[..., Any], file: str | os.PathLike[str] | None) -> Any:
    parameter = _parameter(configs)
    if file is not None:
        if parameter is None:
            raise SettingsError(f"--config {file}: configs() takes no config: give it a parameter, configs(config)")
        return configs(load_config(file))
    if parameter is not None and _is_required(parameter):
        raise SettingsError(
            f"configs({parameter.name}) takes a config: name its YAML file by --config FILE, or give the parameter "
            f"a default"
        )
    return configs()


def _is_required(parameter: inspect.Parameter) -> bool:
    return parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL


def _parameter(configs: Callable[..., Any]) -> inspect.Parameter | None:
    """Return the parameter that takes a config."""
    try:
        parameters = list(inspect.signature(configs).parameters.values())
    except (TypeError, ValueError):  # a built-in
        return None
    takes = (
        inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.VAR_POSITIONAL
    )  # fmt: skip
    return parameters[0] if parameters and parameters[0].kind in takes else None

"""Settings from environment variables. They win over the decorator; the call and the command line win over them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pyexp.errors import SettingsError, UnknownExecutorError
from pyexp.executors.child.start_variables import EXECUTOR, JOBS, OUTPUT_DIR
from pyexp.runner.command_line.caller import is_in_run
from pyexp.runner.settings import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyexp.definition.declaration import Declaration
    from pyexp.runner.settings import Settings


def resolve_start(declaration: Declaration, *layers: Mapping[str, Any]) -> Settings:
    """Return the settings of a start: of the decorator, the environment, and *layers*, later ones winning.

    Raises:
        SettingsError: A setting does not exist, or cannot take its value; a variable is named.
    """
    given = {key for layer in layers for key in layer}
    return resolve(declaration.defaults, environment_settings(given), *layers)


def resolve_folder(declaration: Declaration, given: Mapping[str, Any]) -> Settings:
    """Return the settings that tell where batches are; what else the environment says is not looked at."""
    folder = {} if is_in_run() else {"output_dir": os.environ.get(OUTPUT_DIR)}
    return resolve(declaration.defaults, {key: value for key, value in folder.items() if value}, given)


def environment_settings(overridden: set[str] | frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the settings that variables give, but for those *overridden*. An empty variable gives none.

    Raises:
        SettingsError: A variable has a value that its setting cannot take.
    """
    if is_in_run():
        return {}
    found: dict[str, Any] = {}
    for name, (key, parse) in _VARIABLES.items():
        if (text := os.environ.get(name)) and key not in overridden:
            found[key] = parse(text)
    return found


def _executor(text: str) -> str:
    from pyexp.executors.registry import check_name

    try:
        check_name(text)
    except UnknownExecutorError as error:
        raise SettingsError(f"{EXECUTOR}={text!r}: {error}") from error
    return text


def _jobs(text: str) -> int:
    try:
        jobs = int(text)
    except ValueError:
        jobs = 0
    if jobs < 1:
        raise SettingsError(f"{JOBS}={text!r}: expected a whole number, 1 or more")
    return jobs


_VARIABLES: dict[str, tuple[str, Callable[[str], Any]]] = {
    EXECUTOR: ("executor", _executor),
    JOBS: ("jobs", _jobs),
    OUTPUT_DIR: ("output_dir", str),
}

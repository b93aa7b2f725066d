"""What can be set, and the one rule of precedence: decorator, then call, then command line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pyexp._record import Record, names_of
from pyexp.errors import SettingsError

if TYPE_CHECKING:
    from pyexp.executors.base import Executor

DEFAULT_VIEWER_PORT = 8765
_LAST_PORT = 65535

# Those that choose a batch exclude each other; one that a later layer sets takes the place of the others.
CHOOSING = {
    "continue_run": "--continue",
    "report_run": "--report",
    "extend_run": "--extend",
    "rerun_run": "--rerun",
}
# Those that describe a new batch.
OF_A_NEW_BATCH = ("set", "sweep", "config", "trial", "note")
# These describe one start of an experiment, not the experiment: the decorator does not take them.
_OF_ONE_START = frozenset({"filter", "where", "dry_run", "verify", "only", *CHOOSING, *OF_A_NEW_BATCH})
# Mappings of which a later layer replaces single keys.
_MERGED = ("set", "sweep")


class Settings(Record):
    """How a batch is executed.

    Attributes:
        name: Name of the experiment; its own name when None.
        output_dir: Folder for all experiments' batches; ``out`` next to the experiment's file when None.
        executor: Name or instance.
        jobs: Runs at once; the executor's choice when None.
        gpus: Devices per run.
        retries: Further attempts of a failed run.
        timeout: Seconds per attempt.
        filter: Regular expression that the names of the runs to execute contain.
        where: Values by key that the configs of the runs to execute have; a function returns whether a value is wanted.
        quiet: Show errors only.
        capture: Show a progress bar; otherwise the runs' output, live.
        viewer: Start the viewer before the runs.
        viewer_port: Its port, or the next free one.
        stash: Keep a snapshot of the git work tree.
        strict: Raise after the report when some run did not pass.
        fail_fast: Stop at the first failure.
        dry_run: Show what would run, and run nothing.
        verify: Check the results of all runs that passed by their hashes; otherwise of those whose files have another
            size or time than when they passed.
        only: Name of the one experiment, of several in a program, that the start is for.
        continue_run: Timestamp of the batch to continue, or ``name/timestamp`` with the name of its experiment; True or
            ``"latest"`` for the latest.
        report_run: Timestamp of the batch to report on, running nothing; True or ``"latest"`` for the latest.
        extend_run: Timestamp of the batch that gets what the configs have more than it; True or ``"latest"``.
        rerun_run: Timestamp of the batch whose chosen runs are executed again; True or ``"latest"`` for the latest.
        set: Values by key that every config of a new batch gets.
        sweep: Lists of values by key: axes that are added to the configs of a new batch, or replaced.
        config: YAML file that ``configs(config)`` gets.
        trial: The new batch is passed over by whatever looks for the latest one.
        note: A sentence that the list of batches shows with the new one.
    """

    name: str | None = None
    output_dir: str | os.PathLike[str] | None = None
    executor: str | Executor = "subprocess"
    jobs: int | None = None
    gpus: int = 0
    retries: int = 0
    timeout: float | None = None
    filter: str | None = None
    where: Mapping[str, Any] | None = None
    quiet: bool = False
    capture: bool | Literal["no"] = True
    viewer: bool = False
    viewer_port: int = DEFAULT_VIEWER_PORT
    stash: bool = True
    strict: bool = False
    fail_fast: bool = False
    dry_run: bool = False
    verify: bool = False
    only: str | None = None
    continue_run: str | bool | None = None
    report_run: str | bool | None = None
    extend_run: str | bool | None = None
    rerun_run: str | bool | None = None
    set: Mapping[str, Any] | None = None
    sweep: Mapping[str, Any] | None = None
    config: str | os.PathLike[str] | None = None
    trial: bool = False
    note: str | None = None

    def __post_init__(self) -> None:
        for key, least in (("jobs", 1), ("gpus", 0), ("retries", 0), ("viewer_port", 0)):
            _check_count(key, getattr(self, key), least)
        for key in ("viewer", "stash", "strict", "fail_fast", "dry_run", "verify", "quiet", "trial"):
            _check(key, getattr(self, key), bool, "True or False")
        for key in ("name", "filter", "note", "only"):
            _check(key, getattr(self, key), (str, type(None)), "text, or None")
        for key in CHOOSING:
            _check(key, getattr(self, key), (str, bool, type(None)), "a timestamp, True for the latest, or None")
        for key in ("output_dir", "config"):
            _check(key, getattr(self, key), (str, os.PathLike, type(None)), "a path, or None")
        for key in ("where", "set", "sweep"):
            _check(key, getattr(self, key), (Mapping, type(None)), "a dict of values by key, or None")
        if self.viewer_port > _LAST_PORT:
            raise SettingsError(f"viewer_port={self.viewer_port}: expected a port, 0 to {_LAST_PORT}")
        if self.timeout is not None and not (_is_number(self.timeout) and self.timeout > 0):
            raise SettingsError(f"timeout={self.timeout!r}: expected seconds, more than 0")
        if self.capture not in (True, False, "no"):
            raise SettingsError(f"capture={self.capture!r}: expected True, False or 'no'")
        self._check_what_runs()

    def _check_what_runs(self) -> None:
        if self.filter is not None:
            import re

            try:
                re.compile(self.filter)
            except re.error as error:
                raise SettingsError(f"filter={self.filter!r} is not a regular expression: {error}") from error
        chosen = [key for key in CHOOSING if getattr(self, key)]
        if len(chosen) > 1:
            raise SettingsError(exclusion(chosen[0], chosen[1]))
        given = [key for key in OF_A_NEW_BATCH if getattr(self, key) not in (None, False)]
        if chosen and given:
            raise SettingsError(
                f"--{given[0]} ({given[0]}=…) describes a new batch, and {CHOOSING[chosen[0]]} takes one that is "
                f"there: leave one of them out"
            )

    @property
    def is_captured(self) -> bool:
        """Whether the runs' output goes to their logs only."""
        return self.capture is True

    def timestamp(self, key: str) -> str | None:
        """Return the timestamp that ``continue_run`` and the like ask for; None for the latest."""
        value = getattr(self, key)
        return None if value is True else value


_KNOWN = frozenset(names_of(Settings))


def resolve(*layers: Mapping[str, Any]) -> Settings:
    """Merge *layers*, later ones winning: decorator, environment, call, command line.

    Raises:
        SettingsError: A setting does not exist, or cannot take its value.
    """
    merged: dict[str, Any] = {}
    for layer in layers:
        check_known(layer, _KNOWN)
        if any(layer.get(key) for key in CHOOSING):
            merged = {key: value for key, value in merged.items() if key not in CHOOSING}
        together = {key: {**merged[key], **layer[key]} for key in _MERGED if merged.get(key) and layer.get(key)}
        merged |= {**layer, **together}
    return Settings(**merged)


def exclusion(one: str, other: str) -> str:
    """Return the sentence that two settings which choose a batch exclude each other."""
    return f"{CHOOSING[one]} and {CHOOSING[other]} exclude each other: give one of them"


def check_declared(defaults: Mapping[str, Any]) -> None:
    """Refuse *defaults* of a decorator that do not describe an experiment.

    Raises:
        SettingsError: As said.
    """
    check_known(defaults, _KNOWN - _OF_ONE_START)
    Settings(**defaults)


def check_known(given: Mapping[str, Any], known: frozenset[str]) -> None:
    """Refuse settings that are not *known*, naming the nearest."""
    for key in given:
        if key not in known:
            from pyexp.config.suggestion import nearest

            raise SettingsError(f"there is no setting {key!r}: {nearest(key, sorted(known))}")


def _check(key: str, value: Any, kind: type | tuple[type, ...], expected: str) -> None:
    if not isinstance(value, kind):
        raise SettingsError(f"{key}={value!r}: expected {expected}")


def _check_count(key: str, value: Any, least: int) -> None:
    if value is None and key == "jobs":
        return
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise SettingsError(f"{key}={value!r}: expected a whole number, {least} or more")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)

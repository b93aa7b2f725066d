"""The flags of an experiment's program, one row each: what the parser, the help and the README take from it."""

from __future__ import annotations

import argparse
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pyexp.config.overrides import parse_overrides, parse_value
from pyexp.errors import ConfigError
from pyexp.runner.command_line.duration import parse_duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LATEST: Final = "latest"


class Flag(NamedTuple):
    """One flag.

    Attributes:
        spellings: How it is written.
        help: What it does.
        group: Heading that it stands under in the help.
        metavar: What stands for its value; None for a switch.
        setting: The field of `Settings` that it sets; None for a flag that sets none.
        is_common: It is in the short help.
        variable: Environment variable that sets the same.
        parsing: Further arguments for the parser.
    """

    spellings: tuple[str, ...]
    help: str
    group: str
    metavar: str | None = None
    setting: str | None = None
    is_common: bool = False
    variable: str | None = None
    parsing: Mapping[str, Any] = MappingProxyType({})


class OnOff(argparse.BooleanOptionalAction):
    """``--flag`` and ``--no-flag``, so that the command line can also switch off what the decorator set."""


class _Capture(argparse.Action):
    def __call__(
        self, _parser: Any, namespace: argparse.Namespace, values: Any, _option_string: str | None = None
    ) -> None:
        namespace.capture = values == "yes"


class _Assignments(argparse.Action):
    """``KEY=VALUE``, one or several, merged over those of earlier flags."""

    def __call__(
        self, _parser: Any, namespace: argparse.Namespace, values: Any, _option_string: str | None = None
    ) -> None:
        try:
            found = self.read(values)
        except ConfigError as error:
            raise argparse.ArgumentError(self, str(error)) from error
        setattr(namespace, self.dest, {**getattr(namespace, self.dest, {}), **found})

    @staticmethod
    def read(texts: Sequence[str]) -> dict[str, Any]:
        return parse_overrides(texts)


class _Axes(_Assignments):
    """``KEY=[V1, V2]``, or ``KEY=V1,V2``."""

    @staticmethod
    def read(texts: Sequence[str]) -> dict[str, Any]:
        axes: dict[str, Any] = {}
        for text in texts:
            key, equals, values = text.partition("=")
            if not equals or not key.strip():
                raise ConfigError(f"axis {text!r} is not understood: write it like 'lr=0.1,0.01'")
            values = values.strip()
            axes[key.strip()] = parse_value(values if values.startswith("[") else f"[{values}]")
        return axes


def _duration(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


_WHAT = "what runs"
_HOW = "how it runs"
_SHOWN = "what is shown"
_BATCH: Final[Mapping[str, Any]] = {"nargs": "?", "const": LATEST}
_SWITCH: Final[Mapping[str, Any]] = {"action": OnOff}
_MANY: Final[Mapping[str, Any]] = {"nargs": "+", "action": _Assignments}
_NUMBER: Final[Mapping[str, Any]] = {"type": int}

FLAGS: Final = (
    Flag(
        ("--set",), "set a value in every config", _WHAT, "KEY=VALUE", "set", is_common=True, parsing=_MANY
    ),
    Flag(
        ("--sweep",), "add an axis, or replace its values: KEY=V1,V2", _WHAT, "KEY=VALUES", "sweep", is_common=True,
        parsing={"nargs": "+", "action": _Axes},
    ),
    Flag(("--config",), "YAML file that configs(config) gets", _WHAT, "FILE", "config", is_common=True),
    Flag(
        ("--where",), "run only the configs with this value", _WHAT, "KEY=VALUE", "where", is_common=True,
        parsing=_MANY,
    ),
    Flag(("--filter",), "run only the configs whose names match", _WHAT, "REGEX", "filter", is_common=True),
    Flag(
        ("--continue",), "run everything in a batch that has not passed", _WHAT, "TIMESTAMP", "continue_run",
        is_common=True, parsing=_BATCH,
    ),
    Flag(
        ("--report",), "run nothing, report on a batch", _WHAT, "TIMESTAMP", "report_run", is_common=True,
        parsing=_BATCH,
    ),
    Flag(
        ("--extend",), "add to a batch what configs() gives by now", _WHAT, "TIMESTAMP", "extend_run",
        is_common=True, parsing=_BATCH,
    ),
    Flag(
        ("--rerun",), "run again what --filter or --where choose", _WHAT, "TIMESTAMP", "rerun_run", is_common=True,
        parsing=_BATCH,
    ),
    Flag(("--list",), "list the batches; run nothing", _WHAT, is_common=True, parsing={"action": "store_true"}),
    Flag(
        ("--dry-run",), "show what would run; run nothing", _WHAT, None, "dry_run", is_common=True, parsing=_SWITCH
    ),
    Flag(
        ("--verify",), "with --continue or --extend: check all results by their hashes", _WHAT, None, "verify",
        parsing=_SWITCH,
    ),
    Flag(
        ("--only",), "of several experiments in a program, start this one", _WHAT, "NAME", "only", is_common=True
    ),
    Flag(("--note",), "a sentence that --list shows with the batch", _WHAT, "TEXT", "note", is_common=True),
    Flag(
        ("--trial",), "a batch that --continue, --report and results() pass over", _WHAT, None, "trial",
        parsing=_SWITCH,
    ),
    Flag(("--name",), "name of the experiment", _WHAT, "NAME", "name"),
    Flag(
        ("--output-dir",), "folder for batches (default: out, next to the experiment's file)", _WHAT, "DIR",
        "output_dir", is_common=True, variable="PYEXP_OUTPUT_DIR",
    ),
    Flag(
        ("--stash",), "keep a snapshot of the git work tree (default: yes; --no-stash: none)", _WHAT, None, "stash",
        parsing=_SWITCH,
    ),
    Flag(
        ("--executor",), "subprocess, fork, forkserver, inline, ray or ray:<address>", _HOW, "EXECUTOR", "executor",
        is_common=True, variable="PYEXP_EXECUTOR",
    ),
    Flag(
        ("-j", "--jobs"), "runs at once (default: the CPUs there are)", _HOW, "N", "jobs", is_common=True,
        variable="PYEXP_JOBS", parsing=_NUMBER,
    ),
    Flag(("--gpus",), "GPUs for each run", _HOW, "N", "gpus", parsing=_NUMBER),
    Flag(
        ("--retries",), "further attempts of a failed run", _HOW, "N", "retries", is_common=True, parsing=_NUMBER
    ),
    Flag(
        ("--timeout",), "end an attempt after 90, 90s, 15m or 1h30m", _HOW, "TIME", "timeout", is_common=True,
        parsing={"type": _duration},
    ),
    Flag(("--fail-fast",), "stop at the first failure", _HOW, None, "fail_fast", parsing=_SWITCH),
    Flag(("--strict",), "exit with 1 when some run did not pass", _HOW, None, "strict", parsing=_SWITCH),
    Flag(
        ("-s",), "show the runs' output instead of a progress bar", _SHOWN, None, "capture", is_common=True,
        parsing={"action": "store_const", "const": False},
    ),
    Flag(
        ("--capture",), "--capture=no is -s", _SHOWN, "no|yes", "capture",
        parsing={"choices": ["no", "yes"], "action": _Capture},
    ),
    Flag(
        ("-q", "--quiet"), "show errors only", _SHOWN, None, "quiet", is_common=True, parsing={"action": "store_true"}
    ),
    Flag(
        ("--viewer",), "start the viewer before the runs", _SHOWN, None, "viewer", is_common=True, parsing=_SWITCH
    ),
    Flag(
        ("--viewer-port",), "its port (default: 8765, or the next free one)", _SHOWN, "PORT", "viewer_port",
        parsing=_NUMBER,
    ),
)  # fmt: skip

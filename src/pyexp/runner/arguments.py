"""The command line of an experiment's script: flags to settings, only those that were given."""

from __future__ import annotations

import argparse
from difflib import get_close_matches
from typing import Any, NoReturn

from pyexp.errors import SettingsError

_LATEST = "latest"
_LIKENESS = 0.75  # of a flag that is none to the one that was meant, at least


class _Parser(argparse.ArgumentParser):
    """Raises instead of exiting: who called decides what an error means."""

    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"{message} (see {self.prog} --help)")

    def hint(self, argument: str) -> str:
        """What may help who typed *argument*, which is none."""
        near = get_close_matches(argument.partition("=")[0], self._option_string_actions, n=1, cutoff=_LIKENESS)
        return "".join(f"did you mean {flag}? " for flag in near) + f"see {self.prog} --help"


def parse(argv: list[str], *, prog: str, description: str | None) -> tuple[dict[str, Any], bool]:
    """Parse *argv* and give the settings in it, and whether only a list of the batches is wanted.

    Raises:
        SettingsError: A flag is unknown or has a wrong value.
        SystemExit: ``--help`` was asked for, and printed.
    """
    parser = _parser(prog, description)
    given, unknown = parser.parse_known_args(argv)
    if unknown:
        raise SettingsError(
            f"unknown argument {unknown[0]!r} ({parser.hint(unknown[0])}); the program's command line is read when "
            f"it starts an experiment: to keep it for flags of your own, call run(argv=[])"
        )
    settings = vars(given)
    return settings, settings.pop("list", False)


def _parser(prog: str, description: str | None) -> _Parser:
    parser = _Parser(
        prog=prog,
        description=description,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
        epilog="Priority: command line, then run(...), then @pyexp.experiment(...).",
    )
    _add_what_runs(parser.add_argument_group("what runs"))
    _add_how(parser.add_argument_group("how it runs"))
    _add_shown(parser.add_argument_group("what is shown"))
    return parser


def _add_what_runs(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--continue", dest="continue_run", metavar="TIMESTAMP", nargs="?", const=_LATEST,
        help="run everything in the latest (or the given) batch that has not passed",
    )  # fmt: skip
    group.add_argument(
        "--report", dest="report_run", metavar="TIMESTAMP", nargs="?", const=_LATEST,
        help="run nothing, report on the latest (or the given) batch",
    )  # fmt: skip
    group.add_argument("--filter", metavar="REGEX", help="run only the configs whose names match")
    group.add_argument("--list", action="store_true", help="list the batches with their states; run nothing")
    group.add_argument("--dry-run", action=_OnOff, help="show what would run; run nothing")
    group.add_argument("--name", metavar="NAME", help="name of the experiment")
    group.add_argument("--output-dir", metavar="DIR", help="folder for the batches (default: out, beside the script)")
    group.add_argument("--stash", action=_OnOff, help="keep a snapshot of the git work tree (default: yes)")


def _add_how(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--executor", metavar="EXECUTOR", help="subprocess, fork, inline, ray or ray:<address>")
    group.add_argument("-j", "--jobs", type=int, metavar="N", help="runs at once (default: the CPUs there are)")
    group.add_argument("--gpus", type=int, metavar="N", help="GPUs for each run")
    group.add_argument("--retries", type=int, metavar="N", help="further attempts of a failed run")
    group.add_argument("--timeout", type=float, metavar="SECONDS", help="end an attempt after so long")
    group.add_argument("--fail-fast", action=_OnOff, help="stop at the first failure")
    group.add_argument("--strict", action=_OnOff, help="exit with 1 when some run did not pass")


def _add_shown(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "-s", dest="capture", action="store_const", const=False, help="show the runs' output instead of a progress bar"
    )
    group.add_argument("--capture", dest="capture", choices=["no", "yes"], action=_Capture, help="--capture=no is -s")
    group.add_argument("--viewer", action=_OnOff, help="start the viewer before the runs")
    group.add_argument("--viewer-port", type=int, metavar="PORT", help="its port (default: 8765, or the next free one)")


class _OnOff(argparse.BooleanOptionalAction):
    """``--flag`` and ``--no-flag``, so that the command line can also switch off what the decorator set."""


class _Capture(argparse.Action):
    def __call__(
        self, _parser: Any, namespace: argparse.Namespace, values: Any, _option_string: str | None = None
    ) -> None:
        namespace.capture = values == "yes"

"""The command line of an experiment's program: flags to settings, only those that were given."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from pyexp.config.suggestion import close_names
from pyexp.errors import SettingsError
from pyexp.runner.command_line.flags import FLAGS

_LIKENESS = 0.75  # of what is not a flag to the flag that was meant, at least


def parse(argv: list[str], *, prog: str, description: str | None) -> tuple[dict[str, Any], bool]:
    """Parse *argv* and give the settings in it, and whether only a list of the batches is wanted.

    Raises:
        SettingsError: A flag is unknown or has a wrong value.
        SystemExit: ``--help`` was asked for, and printed.
    """
    parser = make_parser(prog, description, is_whole="--help-all" in argv)
    given, unknown = parser.parse_known_args(argv)
    if unknown:
        raise SettingsError(
            f"unknown argument {unknown[0]!r} ({parser.hint(unknown[0])}); the program's command line is read when "
            f"it starts an experiment: to keep it for flags of your own, call run(argv=[])"
        )
    settings = vars(given)
    return settings, settings.pop("list", False)


class _Parser(argparse.ArgumentParser):
    """Raises instead of exiting: who called decides what an error means."""

    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"{message} (see {self.prog} --help)")

    def hint(self, argument: str) -> str:
        """Return what may help after *argument*, which is not a flag."""
        near = close_names(argument.partition("=")[0], self._option_string_actions, count=1, likeness=_LIKENESS)
        return "".join(f"did you mean {flag}? " for flag in near) + f"see {self.prog} --help"


class _Formatter(argparse.HelpFormatter):
    """Leaves out how a switch is turned off, which is the same for all."""

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if isinstance(action, argparse.BooleanOptionalAction):
            return action.option_strings[0]
        if action.nargs == "?" and action.option_strings:
            return f"{action.option_strings[0]} [{action.metavar}]"
        if action.option_strings and action.metavar:
            return f"{', '.join(action.option_strings)} {action.metavar}"
        return super()._format_action_invocation(action)


def make_parser(prog: str, description: str | None, *, is_whole: bool = False) -> _Parser:
    """Return the parser of all flags; its help shows the common ones, or with *is_whole* all."""
    first = (description or "").strip().partition("\n")[0] or None
    parser = _Parser(
        prog=prog,
        usage="%(prog)s [FLAG ...]",
        description=description if is_whole else first,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
        add_help=False,
        formatter_class=lambda prog: _Formatter(prog, max_help_position=28),
        epilog="A switch is turned off by --no-SWITCH. Command line > run(...) > environment > @pyexp.experiment(...).",
    )
    groups = {title: parser.add_argument_group(title) for title in dict.fromkeys(flag.group for flag in FLAGS)}
    for flag in FLAGS:
        told = flag.help if flag.is_common or is_whole else argparse.SUPPRESS
        kinds: dict[str, Any] = {"metavar": flag.metavar} if flag.metavar else {}
        kinds |= {"dest": flag.setting} if flag.setting else {}
        groups[flag.group].add_argument(*flag.spellings, help=told, **kinds, **flag.parsing)
    _add_help(parser)
    return parser


def _add_help(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("help")
    group.add_argument("-h", "--help", action="help", help="show the common flags")
    group.add_argument("--help-all", action="help", help="show all flags")

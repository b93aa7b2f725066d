"""The parent's side: the experiment and its script as one package, made once a batch."""

from __future__ import annotations

import os
import pickle
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyexp.code.script.description import describe_script, functions_behind
from pyexp.code.script.unguarded import sets_state
from pyexp.code.unpacking import Package
from pyexp.code.values.by_value import ValuePickler
from pyexp.code.values.entry import BODY, TYPES
from pyexp.code.values.joint import NOWHERE, Gathering, join
from pyexp.code.values.logging_setup import describe_logging
from pyexp.code.values.reached import Reached
from pyexp.code.values.references import References, innermost, is_importable
from pyexp.code.values.refusal import path_to_culprit
from pyexp.config import registry
from pyexp.errors import UnpicklableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyexp.code.script.description import Described
    from pyexp.code.values.joint import Joint
    from pyexp.task import Body

_MUCH_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """An experiment, ready for other processes.

    Attributes:
        package: The `Package`, pickled: each process unpickles it.
        joint: The values that may differ from what the script's top makes; opened only by a process where one differs.
        notes: What a person should know, a sentence each.
    """

    package: bytes
    joint: bytes
    notes: tuple[str, ...]


def pack(body: Body, *, by_value: bool = False) -> Packed:
    """Pack *body*, what it reaches of its script, and the registered classes.

    Args:
        body: The experiment.
        by_value: Make no module of the script: functions and classes go by value.

    Raises:
        UnpicklableError: Something that it needs cannot be sent; the message has the path to it.
    """
    described = describe_script(body, by_value=by_value)
    references = References(described.variables, described.ownership)
    types = _Types(references)
    gathering, needed = _gather(references, body, types)
    roots = {BODY: body} | ({TYPES: types.by_value} if types.by_value else {})
    joint = join(gathering, references, roots)
    is_made = bool(described.script.code)
    # Where there is a module, it has a value of its own for most of what cannot be sent.
    _check(joint, {BODY} if is_made else {BODY, *needed}, gathering, references, body)
    body_unit, types_unit = joint.unit_of[BODY], joint.unit_of.get(TYPES)
    is_alone = body_unit != types_unit and all(entry.unit != body_unit for entry in joint.entries)
    package = Package(
        script=described.script,
        entries=tuple(joint.entries),
        units=tuple(joint.units),
        body=joint.piece(body_unit) if is_alone else None,
        body_unit=body_unit,
        types=types.references,
        types_unit=types_unit,
        not_sent=_not_sent(joint),
        logging=None if is_made else describe_logging(),
    )
    return Packed(
        package=pickle.dumps(package, protocol=5),
        joint=b"" if is_alone and len(joint.units) == 1 else joint.data,
        notes=(
            *_note_on_guard(described, body),
            *_notes_on_refused(joint, gathering, references, described),
            *_note_on_size(joint.sizes),
        ),
    )


def _gather(references: References, body: Body, types: _Types) -> tuple[Gathering, set[str]]:
    """Gather what is sent, and return it with the names that *body* requires."""
    reached = Reached(references)
    reached.follow(body)
    needed = reached.names.keys() - reached.optional
    reached.follow(*types.by_value.values(), *types.of_script)
    gathering = Gathering(references, reached)
    gathering.gather()
    return gathering, needed


class _Types:
    """The registered classes.

    Attributes:
        references: How each is imported, by its name in the registry; None for those that go by value.
        by_value: Those; a class that cannot be pickled is left out: only a run that builds it fails.
        of_script: Those that the script's top makes.
    """

    def __init__(self, references: References) -> None:
        self.references: dict[str, str | None] = {}
        self.by_value: dict[str, type] = {}
        self.of_script: list[type] = []
        for name, cls in registry.registered().items():
            if isinstance(cls, str):
                self.references[name] = cls
            elif is_importable(cls) or references.find(cls) is not None:
                self.references[name] = f"{cls.__module__}:{cls.__qualname__}"
                self.of_script += [cls] if references.is_of_script(cls) else []
            elif _is_sendable(cls, references, {}):
                self.references[name] = None
                self.by_value[name] = cls


def _check(joint: Joint, needed: set[str], gathering: Gathering, references: References, body: Body) -> None:
    for name in needed & joint.refused.keys():
        error = joint.refused[name]
        value = body if name == BODY else gathering.values[name]
        told = "" if name == BODY else f"the global {name!r}"
        path = path_to_culprit(told, value, lambda part: _is_sendable(part, references, gathering.own))
        raise UnpicklableError(
            f"the experiment cannot be sent to another process: {path} ({type(error).__name__}: {error}); "
            f"make it inside the function, or run with executor='inline' or 'fork'"
        ) from error


def _is_sendable(value: Any, references: References, own: Mapping[int, str]) -> bool:
    try:
        ValuePickler(NOWHERE, references, own).dump(value)
    except Exception:  # that it raises is the answer
        return False
    return True


def _not_sent(joint: Joint) -> dict[str, str]:
    return {name: f"{type(error).__name__}: {error}" for name, error in joint.refused.items() if "." not in name}


def _notes_on_refused(
    joint: Joint, gathering: Gathering, references: References, described: Described
) -> Iterator[str]:
    """Say which names the runs have as the top made them, although the script has changed them since."""
    for name in _not_sent(joint):
        value = gathering.values.get(name)
        if name not in gathering.values or not described.ownership.may_differ(name, value):
            continue
        path = path_to_culprit(name, value, lambda part: _is_sendable(part, references, gathering.own))
        seen = (
            f"the runs see {name!r} as the script's top makes it, without what was done under the guard"
            if described.ownership.is_bound(name)
            else f"the runs have no {name!r}, which was made under the guard"
        )
        yield f"{seen}: {path}; make it in the function, or use the executor 'fork'"


def _note_on_guard(described: Described, body: Body) -> list[str]:
    if described.tree is None:
        return []
    runners = {name: value for name, value in described.variables.items() if _is_runner(value)}
    if not sets_state(described.tree, described.call_line, frozenset(runners)):
        return []
    behind = [*functions_behind(body)]
    mine = [name for name, value in runners.items() if any(f in behind for f in functions_behind(innermost(value)))]
    script = os.path.basename(described.script.file or sys.argv[0])
    note = (
        f'{script} has no `if __name__ == "__main__":`, so what its top sets (seeds, logging) does not reach the runs'
    )
    return [f"{note}: put {mine[0] if mine else 'experiment'}.run() under it"]


def _is_runner(value: Any) -> bool:
    return type(value).__module__.startswith("pyexp.") and innermost(value) is not value


def _note_on_size(sizes: Mapping[str, int]) -> list[str]:
    total = sum(sizes.values())
    if total < _MUCH_BYTES:
        return []
    largest = max(sizes, key=lambda name: sizes[name])
    note = f"the variables of the script that a run uses take {total >> 20} MiB, which each run compares or loads"
    return [f"{note}; the largest is {largest!r} ({sizes[largest] >> 20} MiB): load it in the function, or use 'fork'"]

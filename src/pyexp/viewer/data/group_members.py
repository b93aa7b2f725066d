"""Which runs belong together: those that have the same values at the chosen keys of their configs.

Owns the groups' labels and their order; does not know what the runs logged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pyexp.viewer.data.configs import MISSING, differing_keys, flatten, load_facts, to_text
from pyexp.viewer.protocol.names import cut_name, natural_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyexp.viewer.catalog.rows import RunEntry
    from pyexp.viewer.data.library import Library

NOTHING: Final = "—"  # for a run that lacks the key


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupKeys:
    """By what runs are grouped.

    Attributes:
        keys: Dotted keys of configs.
        is_but: These are the keys to leave out: all others that differ count.
    """

    keys: tuple[str, ...]
    is_but: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Runs that share the values of the keys; `label` says them."""

    label: str
    runs: tuple[int, ...]


def group_runs(library: Library, runs: Sequence[RunEntry], by: GroupKeys) -> list[Group]:
    """Return the groups of *runs* in the order of their labels."""
    configs = [flatten(load_facts(library, run)) for run in runs]
    keys = [key for key in differing_keys(configs) if key not in by.keys] if by.is_but else list(by.keys)
    members: dict[str, list[int]] = {}
    for run, config in zip(runs, configs, strict=True):
        members.setdefault(_label(config, keys), []).append(run.id)
    ordered = sorted(members, key=natural_key)
    return [Group(label=label, runs=tuple(members[label])) for label in ordered]


def _label(config: Mapping[str, object], keys: Sequence[str]) -> str:
    """Return the values of the keys; a lone key is named in the choice already."""
    texts = [to_text(config.get(key, MISSING)) or NOTHING for key in keys]
    if len(keys) == 1:
        return texts[0]
    pairs = [f"{key}={text}" for key, text in zip(keys, texts, strict=True)]
    return cut_name(" · ".join(pairs)) or "all runs"

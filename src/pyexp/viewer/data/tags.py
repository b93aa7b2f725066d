"""Which tags a selection of runs has, by kind, and a revision that moves when one is added. Reads no contents.

Owns the choice of what is listed where there are too many; the filter looks at all of them.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from heapq import nsmallest
from typing import TYPE_CHECKING, Any, Final

from pyexp.errors import LogError
from pyexp.viewer.data.event_logs import tag_id
from pyexp.viewer.data.tag_filter import PatternError, TagFilter
from pyexp.viewer.protocol.errors import UnknownIdError
from pyexp.viewer.protocol.kinds import KINDS
from pyexp.viewer.protocol.names import NAME_LIMIT, cut_name, natural_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pyexp.viewer.catalog.rows import RunEntry
    from pyexp.viewer.data.event_logs import RunLog
    from pyexp.viewer.data.library import Library

TAG_LIMIT: Final = 5_000
# More names than this are put in plain order: the natural one takes seconds for a million.
_NATURAL_LIMIT: Final = 100_000


def list_tags(library: Library, runs: list[int], pattern: str = "") -> dict[str, Any]:
    """List the union of the runs' tags that match *pattern*, as the protocol spells it."""
    union: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    revision = hashlib.blake2b(digest_size=8)
    for run, log in library.logs_of(runs):
        try:
            tags = log.tags()
            revision.update(_fact(run, log))
        except (UnknownIdError, LogError):
            continue
        for kind in KINDS:
            union[kind].update(tags[kind])
    listed, problem = _filtered(union, pattern)
    shown = {kind: choose_names(names, TAG_LIMIT) for kind, names in listed.items()}
    answer: dict[str, Any] = {kind: [_entry(name, union[kind][name]) for name in shown[kind]] for kind in KINDS}
    return {
        **answer,
        **library.log_facts(runs),
        "rev": revision.hexdigest(),
        "problem": problem,
        "notice": _notice(listed, shown),
    }


def tags_revision(library: Library, runs: list[int]) -> str:
    """Return the ``rev`` that `list_tags` would have."""
    revision = hashlib.blake2b(digest_size=8)
    for run, log in library.logs_of(runs):
        try:
            revision.update(_fact(run, log))
        except (UnknownIdError, LogError):
            continue
    return revision.hexdigest()


def choose_names(names: Collection[str], limit: int) -> list[str]:
    """Choose at most *limit* of *names* in their order: a fair share of each prefix, so that none is hidden."""
    by_prefix: dict[str, list[str]] = defaultdict(list)
    for name in names:
        by_prefix[_prefix(name)].append(name)
    each = _fair_share([len(members) for members in by_prefix.values()], limit)
    key: Callable[[str], Any] = natural_key if len(names) <= _NATURAL_LIMIT else str
    chosen = [name for members in by_prefix.values() for name in nsmallest(each, members, key=key)]
    return sorted(chosen, key=natural_key)[:limit]


def _fair_share(sizes: list[int], limit: int) -> int:
    """Return the largest share for each that keeps their sum within *limit*; at least 1."""
    if sum(sizes) <= limit:
        return max(sizes, default=1)
    left, share = limit, 0
    for place, size in enumerate(sorted(sizes)):
        share = left // (len(sizes) - place)
        if size > share:
            break
        left -= size
    return max(1, share)


def _prefix(name: str) -> str:
    """Return the group of cards that *name* is in."""
    cut = name.find("/", 1)
    return name[:cut] if cut >= 0 else ""


def _filtered(union: dict[str, Counter[str]], pattern: str) -> tuple[dict[str, Collection[str]], str | None]:
    """Return the names of each kind that match, and what is wrong with the pattern; with a bad one all match."""
    try:
        passes = TagFilter(pattern)
        return {kind: passes.passing(found) for kind, found in union.items()}, None
    except PatternError as error:
        return dict(union), str(error)


def _notice(listed: dict[str, Collection[str]], shown: dict[str, list[str]]) -> str | None:
    for kind, names in listed.items():
        if len(shown[kind]) < len(names):
            return f"{len(shown[kind]):,} of {len(names):,} {kind} are listed: the filter finds the others."
    return None


def _entry(name: str, runs: int) -> dict[str, Any]:
    return {"id": tag_id(name), "name": cut_name(name), "cut": len(name) > NAME_LIMIT, "runs": runs}


def _fact(run: RunEntry, log: RunLog) -> bytes:
    return f"{run.id}{log.tag_counts()}{log.damage()}".encode()

"""Which tags a selection of runs has, by kind, and a revision that moves when one is added. Reads no contents."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from pyexp.errors import LogError
from pyexp.viewer.data.event_logs import TAG_LIMIT, tag_id
from pyexp.viewer.protocol.errors import UnknownIdError
from pyexp.viewer.protocol.kinds import KINDS
from pyexp.viewer.protocol.names import NAME_LIMIT, cut_name, natural_key

if TYPE_CHECKING:
    from pyexp.viewer.data.library import Library


def list_tags(library: Library, runs: list[int]) -> dict[str, Any]:
    """The union of the runs' tags, as the protocol has it."""
    union: dict[str, dict[str, int]] = {kind: {} for kind in KINDS}
    revision = hashlib.blake2b(digest_size=8)
    is_cut = False
    for run, log in library.logs_of(runs):
        try:
            tags, counts = log.tags()
        except (UnknownIdError, LogError):
            continue
        revision.update(f"{run.id}{counts}".encode())
        for kind in KINDS:
            is_cut |= counts[kind] > len(tags[kind])
            for tag in tags[kind]:
                union[kind][tag] = union[kind].get(tag, 0) + 1
    answer: dict[str, Any] = {}
    for kind, found in union.items():
        names = sorted(found, key=natural_key)
        is_cut |= len(names) > TAG_LIMIT
        answer[kind] = [
            {"id": tag_id(name), "name": cut_name(name), "cut": len(name) > NAME_LIMIT, "runs": found[name]}
            for name in names[:TAG_LIMIT]
        ]
    notice = f"There are more tags than the {TAG_LIMIT:,} of a kind that are shown." if is_cut else None
    return {**answer, "rev": revision.hexdigest(), "notice": notice}


def tags_revision(library: Library, runs: list[int]) -> str:
    """The ``rev`` that `list_tags` would give."""
    revision = hashlib.blake2b(digest_size=8)
    for run, log in library.logs_of(runs):
        try:
            _, counts = log.tags()
        except (UnknownIdError, LogError):
            continue
        revision.update(f"{run.id}{counts}".encode())
    return revision.hexdigest()

"""``batch.json``: how, where and from what a batch was started. Nothing depends on it: a lost one is empty."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pyexp._files import write_atomic
from pyexp.store.layout import BatchPaths

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyexp.store.batch import Batch


def load_facts(batch: Batch) -> dict[str, Any]:
    """Return what the ``batch.json`` of *batch* holds, see `read_facts`."""
    return read_facts(batch.paths.root)


def read_facts(root: Path) -> dict[str, Any]:
    """Return what ``batch.json`` in *root* holds; empty when it is lost: the runs do not depend on it."""
    try:
        facts = json.loads(BatchPaths(root).facts.read_bytes())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def add_start(batch: Batch, start: Mapping[str, Any]) -> None:
    """Add a further start to ``batch.json``; only for the owner."""
    facts = load_facts(batch)
    first = {key: facts[key] for key in start if key in facts}
    facts["starts"] = [*facts.get("starts", [first] if first else []), start]
    write_atomic(batch.paths.facts, json.dumps(facts, indent=1, default=str).encode())

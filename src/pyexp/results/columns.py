"""Columns of a data frame from a run's log. Owns their names."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from pyexp.results.measures import TagSummary, open_log, summary_of


def tag_columns(item: Any) -> dict[str, float]:
    """Return the last, least and greatest value of each tag that the run has logged."""
    reader = open_log(item)
    if reader is None:
        return {}
    summaries = {tag: summary_of(reader, tag) for tag in sorted(reader.scalar_tags)}
    return {
        f"{tag}.{field.name}": getattr(summary, field.name)
        for tag, summary in summaries.items()
        if summary is not None
        for field in fields(TagSummary)
    }

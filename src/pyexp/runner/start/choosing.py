"""Which runs a start executes: those whose names match, and whose configs have the wanted values."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from pyexp.errors import NothingMatchesError, SelectionError, UnknownKeyError
from pyexp.results.result import Result
from pyexp.tensor.select import by_query

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyexp.config.config import Config
    from pyexp.runner.settings import Settings
    from pyexp.store.batch import Batch
    from pyexp.store.index import RunRecord

_SHOWN_NAMES = 5


def choose_configs(settings: Settings, configs: Sequence[Config]) -> tuple[int, ...]:
    """Return the positions of the *configs* that *settings* choose.

    Raises:
        NothingMatchesError: None is chosen.
        UnknownKeyError: No config has a key of ``where``.
    """
    names = [config["name"] for config in configs]
    return _chosen(settings, names, lambda query: by_query(configs, query))


def choose_records(
    settings: Settings, batch: Batch, records: Sequence[RunRecord], added: Mapping[str, Config] | None = None
) -> tuple[int, ...]:
    """Return the positions of the *records* that *settings* choose. Configs are read only for ``where``.

    Args:
        settings: The settings of the start.
        batch: The batch.
        records: Its runs, and those that it will have.
        added: Configs of the latter by folder.

    Raises:
        NothingMatchesError: None is chosen.
        UnknownKeyError: No config has a key of ``where``.
    """

    def look_up(query: Mapping[str, Any]) -> list[int]:
        new = added or {}
        items = [
            SimpleNamespace(name=record.name, config=new[record.folder])
            if record.folder in new
            else Result(batch, record)
            for record in records
        ]
        return by_query(items, {f"config.{key}": value for key, value in query.items()})

    return _chosen(settings, [record.name for record in records], look_up)


def _chosen(
    settings: Settings, names: Sequence[str], look_up: Callable[[Mapping[str, Any]], list[int]]
) -> tuple[int, ...]:
    pattern, query = settings.filter, settings.where
    found = [at for at, name in enumerate(names) if pattern is None or re.search(pattern, name)]
    if query:
        try:
            wanted = frozenset(look_up(query))
        except SelectionError as error:
            raise UnknownKeyError(str(error)) from error
        found = [at for at in found if at in wanted]
    if not found and (pattern is not None or query):
        shown = ", ".join(names[:_SHOWN_NAMES]) + (", …" if len(names) > _SHOWN_NAMES else "")
        raise NothingMatchesError(f"{describe_choice(settings)} matches none of the {len(names)} configs: {shown}")
    return tuple(found)


def describe_choice(settings: Settings) -> str:
    """Return what *settings* choose runs by, as the subject of a sentence."""
    pattern = None if settings.filter is None else f"the filter {settings.filter!r}"
    query = None if not settings.where else f"where {dict(settings.where)!r}"
    return " with ".join(part for part in (pattern, query) if part is not None)

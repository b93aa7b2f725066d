"""The runs' configs, flattened for tables and for grouping.

Reads ``config.json``, regular files only, and what a log holds of hyper-parameters, which counts as config.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pyexp.errors import LogError
from pyexp.store.layout import CONFIG
from pyexp.sweeps.identity import decode_config
from pyexp.viewer.protocol.errors import UnknownIdError
from pyexp.viewer.protocol.names import cut_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyexp.viewer.catalog.rows import RunEntry
    from pyexp.viewer.data.library import Library

MISSING: Final = object()
_KEY_LIMIT: Final = 500
_SIZE_LIMIT: Final = 4 << 20
_DEPTH_LIMIT: Final = 32
_EXACT_LIMIT: Final = 2**53  # a page holds larger numbers without their last digits


def load_config(run: RunEntry) -> Mapping[str, Any]:
    """Read the config of *run*; empty when there is none, or it cannot be read."""
    try:
        info = os.lstat(run.path / CONFIG)
    except OSError:
        return {}
    if not stat.S_ISREG(info.st_mode) or info.st_size > _SIZE_LIMIT:
        return {}
    return _load(os.fspath(run.path), info.st_mtime_ns, info.st_size)


def load_facts(library: Library, run: RunEntry) -> Mapping[str, Any]:
    """Read the config of *run* and the hyper-parameters in its log; where both have a key, the config counts."""
    logged: Mapping[str, Any] = {}
    if run.events:
        with suppress(UnknownIdError, LogError):
            logged = library.logs.get(run).hparams()
    return {**logged, **load_config(run)}


def flatten(config: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten to dotted keys; lists and the like are values."""
    return {key: value for key, value in _walk(config, "", 0) if key not in {"name", "out"}}


def differing_keys(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the keys of flattened *configs* whose values differ."""
    return [key for key, differs in _compare(configs).items() if differs]


def compare_configs(library: Library, runs: list[RunEntry]) -> dict[str, Any]:
    """Compare the configs of *runs*: each value as its exact text, and the keys that differ."""
    flat = [flatten(load_facts(library, run)) for run in runs]
    keys = _compare(flat)
    shown = list(keys)[:_KEY_LIMIT]
    rows = [
        {"run": run.id, "values": [to_text(config.get(key, MISSING)) for key in shown]}
        for run, config in zip(runs, flat, strict=True)
    ]
    notice = f"{len(keys) - _KEY_LIMIT:,} more keys are not shown." if len(keys) > _KEY_LIMIT else None
    return {"keys": [{"key": cut_name(key), "differs": keys[key]} for key in shown], "rows": rows, "notice": notice}


def to_text(value: Any) -> str | None:
    """Format *value* as Python does, with all digits; a text has quotes only where it reads as something else."""
    if value is MISSING:
        return None
    plain = to_plain(value)
    is_clear = isinstance(plain, str) and not (isinstance(value, str) and _reads_as_another(value))
    return plain if is_clear else cut_name(repr(plain))


def to_plain(value: Any, depth: int = 0) -> Any:
    """Make *value* fit for JSON: paths, tuples, sets and very large numbers as their text, long text cut."""
    if value is None or isinstance(value, float) or (isinstance(value, int) and abs(value) <= _EXACT_LIMIT):
        return value
    if depth < _DEPTH_LIMIT and isinstance(value, Mapping):
        return {cut_name(str(key)): to_plain(part, depth + 1) for key, part in value.items()}
    if depth < _DEPTH_LIMIT and type(value) is list:
        return [to_plain(part, depth + 1) for part in value]
    return cut_name(str(value))


@lru_cache(maxsize=2_000)
def _load(folder: str, _changed_ns: int, _size: int) -> Mapping[str, Any]:
    try:
        return decode_config(Path(folder, CONFIG).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}


def _walk(config: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    for key, value in config.items():
        if isinstance(value, Mapping) and value and depth < _DEPTH_LIMIT:
            yield from _walk(value, f"{prefix}{key}.", depth + 1)
        else:
            yield f"{prefix}{key}", value


def _compare(configs: Sequence[Mapping[str, Any]]) -> dict[str, bool]:
    """Return all keys in the order in which they occur, and whether their values differ."""
    keys = dict.fromkeys((key for config in configs for key in config), False)
    for key in keys:
        first = _comparable(configs[0].get(key, MISSING))
        keys[key] = any(_comparable(config.get(key, MISSING)) != first for config in configs[1:])
    return keys


def _comparable(value: Any) -> Any:
    # repr distinguishes 1 from True and 1.0, and makes nan equal to itself.
    return value if value is MISSING else repr(value)


def _reads_as_another(text: str) -> bool:
    """Return whether *text* without quotes looks like a number, a list or another value."""
    try:
        float(text)
    except ValueError:
        return text in {"", "None", "True", "False"} or text[0] in "[{('\""
    return True

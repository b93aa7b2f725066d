"""What ``batch.json`` records of the circumstances of a batch."""

from __future__ import annotations

import json
import os
import platform
import re
import socket
import sys
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pyexp.config.encoding import encode_config
from pyexp.config.validation import validate_values
from pyexp.store.claim import Owner
from pyexp.sweeps.variations import listed

if TYPE_CHECKING:
    from pyexp.runner.settings import Settings

_DISTRIBUTION = re.compile(r"(.+?)-([^-]+)\.(?:dist|egg)-info")


def collect_facts(settings: Settings, commit: str | None) -> dict[str, Any]:
    """Return command line, Python, platform, package versions, git commit and owner of a new batch."""
    start = describe_start(commit)
    return {
        **start,
        **_asked_for(settings),
        "starts": [start],
        "directory": os.getcwd(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "host": socket.gethostname(),
        "executor": settings.executor if isinstance(settings.executor, str) else repr(settings.executor),
        "owner": asdict(Owner.current()),
        "packages": _packages(),
    }


def _asked_for(settings: Settings) -> dict[str, Any]:
    """Return what the start was asked for beyond its configs: a note, what was set and chosen."""
    asked: dict[str, Any] = {"note": settings.note, "filter": settings.filter}
    if settings.config is not None:
        asked["config"] = os.path.abspath(os.path.expanduser(settings.config))
    if settings.where:
        asked["where"] = {key: value if not callable(value) else repr(value) for key, value in settings.where.items()}
    for key in ("set", "sweep"):
        if values := getattr(settings, key):
            plain = {each: listed(value, each) if key == "sweep" else value for each, value in values.items()}
            asked[key] = json.loads(encode_config(validate_values(plain, key)))
    asked["trial"] = settings.trial or None
    return {key: value for key, value in asked.items() if value is not None}


def describe_start(commit: str | None) -> dict[str, Any]:
    """Return what ``batch.json`` keeps of each start: its time, its command line, and the snapshot of the code."""
    return {
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": [sys.executable, *sys.argv],
        "commit": commit,
    }


def _packages() -> dict[str, str]:
    """Return name and version of each installed distribution, from the names of its folders: none is opened."""
    found: dict[str, str] = {}
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in names:
            if match := _DISTRIBUTION.fullmatch(name):
                found.setdefault(match[1], match[2])
    return dict(sorted(found.items()))

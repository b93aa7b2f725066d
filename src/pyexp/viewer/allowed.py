"""What lets a viewer be reached through others: a proxy's address, further names, pages that may frame it.

Owns the checks of what a person may write there: exact names and origins, never patterns. Knows no requests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from pyexp.errors import SettingsError

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\]")
_PATH = re.compile(r"/(?:[A-Za-z0-9._~@-]+/)*")
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Exact addresses in addition to the viewer's own.

    Attributes:
        base_url: Where a proxy answers for the viewer, with a slash at its end, or None.
        hosts: Further names in ``Host``, in lower case.
        frames: Origins of pages that may have the viewer in a frame.

    Raises:
        SettingsError: One of them is not exact.
    """

    base_url: str | None = None
    hosts: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.base_url is not None:
            _check_url("--base-url", self.base_url, "https://host/prefix/", _PATH)
        for name in self.hosts:
            if not _NAME.fullmatch(name):
                raise SettingsError(f"--allow-host is {name!r}, expected one exact name in lower case, without a port")
        for origin in self.frames:
            _check_url("--allow-frame", origin, "https://host, without a path", re.compile(""))

    @property
    def is_any(self) -> bool:
        """Whether anything is allowed at all."""
        return bool(self.base_url or self.hosts or self.frames)

    @property
    def base_origin(self) -> str | None:
        """Scheme and host of `base_url`, as a browser writes them into ``Origin``."""
        if self.base_url is None:
            return None
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{_shown_host(parts)}"

    def is_base(self, header: str) -> bool:
        """Return whether *header*, of ``Host``, is the host of `base_url`, with its port or the default one."""
        if self.base_url is None:
            return False
        parts = urlsplit(self.base_url)
        shown = _shown_host(parts)
        return header.lower() in {shown, f"{shown}:{_PORTS[parts.scheme]}" if shown == _bare(parts) else shown}


def _check_url(setting: str, url: str, expected: str, path: re.Pattern[str]) -> None:
    parts = urlsplit(url)
    try:
        is_port = parts.port is None or parts.port > 0
    except ValueError:
        is_port = False
    is_exact = parts.scheme in _PORTS and is_port and _NAME.fullmatch(_bare(parts)) and path.fullmatch(parts.path)
    if not is_exact or url != f"{parts.scheme}://{parts.netloc}{parts.path}" or "@" in parts.netloc:
        raise SettingsError(f"{setting} is {url!r}, expected an exact address such as {expected}")


def _bare(parts: SplitResult) -> str:
    name = parts.hostname or ""
    return f"[{name}]" if ":" in name else name


def _shown_host(parts: SplitResult) -> str:
    usual = parts.port is None or parts.port == _PORTS[parts.scheme]
    return _bare(parts) if usual else f"{_bare(parts)}:{parts.port}"

"""How a viewer is started: folder, address, token. Owns the checks and the sentences; opens nothing."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pyexp.errors import SettingsError

DEFAULT_PORT: Final = 8765
_HIGHEST_PORT: Final = 65_535


def new_token() -> str:
    """A fresh secret, fit for a URL fragment and for a websocket subprotocol."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerSettings:
    """What a viewer shows and where it listens.

    Attributes:
        root: The folder to look at, resolved.
        host: Address to listen on.
        port: Port to listen on; 0 takes any.
        is_port_fixed: A taken port is an error; otherwise the next free one is taken.
        token: The secret that all data needs, or None.
    """

    root: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    is_port_fixed: bool = True
    token: str | None = field(default_factory=new_token, repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.port <= _HIGHEST_PORT:
            raise SettingsError(f"the viewer's port is {self.port}, expected a number from 0 to {_HIGHEST_PORT}")

    @property
    def is_anywhere(self) -> bool:
        """Whether it listens on every address of this machine."""
        return self.host in {"", "0.0.0.0", "::"}  # noqa: S104 — only compared

    def url(self, port: int, name: str | None = None) -> str:
        """The address to open in a browser, with the token in the fragment, which no server is ever sent.

        Args:
            port: The port that was bound.
            name: What the machine goes by there; this machine's own address by default.
        """
        shown = name or ("127.0.0.1" if self.is_anywhere else self.host)
        shown = f"[{shown}]" if ":" in shown else shown
        return f"http://{shown}:{port}/" + (f"#token={self.token}" if self.token else "")


def checked_root(folder: Path | str) -> Path:
    """The folder to look at, absolute and without links.

    Raises:
        FileNotFoundError: It does not exist.
        NotADirectoryError: It is a file.
    """
    root = Path(os.path.realpath(folder))
    if not root.exists():
        raise FileNotFoundError(f"there is no folder {os.fspath(folder)!r} to look at: name the folder with the runs")
    if not root.is_dir():
        raise NotADirectoryError(f"{os.fspath(folder)!r} is a file: name the folder with the runs")
    return root

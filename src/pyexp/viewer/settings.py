"""How a viewer is started: folder, address, token. Owns the checks and the sentences; opens nothing."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pyexp.errors import SettingsError
from pyexp.viewer.allowed import Allowed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT_PORT: Final = 8765
_HIGHEST_PORT: Final = 65_535


def new_token() -> str:
    """Return a fresh secret, fit for a URL fragment and for a websocket subprotocol."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """One folder that is looked at.

    Attributes:
        path: The folder, absolute and without links; it may come later.
        name: What it is called among several; empty for the only one.
    """

    path: Path
    name: str = ""

    @property
    def prefix(self) -> str:
        """What stands before names from here."""
        return f"{self.name}: " if self.name else ""

    def relative(self, path: Path) -> str:
        """Return *path* relative to here, behind the name; as text, since every scan does this for every run."""
        whole, above = os.fspath(path), os.fspath(self.path)
        below = above.rstrip(os.sep) + os.sep
        if whole == above:
            found = "."
        else:
            found = whole[len(below) :].replace(os.sep, "/") if whole.startswith(below) else f"../{path.name}"
        return f"{self.name}:{found}" if self.name else found


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerSettings:
    """What a viewer shows and where it listens.

    Attributes:
        root: The folder to look at, resolved; of several the first.
        roots: All folders, when there are several.
        host: Address to listen on.
        port: Port to listen on; 0 takes any.
        is_port_fixed: A taken port is an error; otherwise the next free one is taken.
        token: The secret that all data needs, or None.
        allowed: Through what else it may be reached.
    """

    root: Path
    roots: tuple[Root, ...] = ()
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    is_port_fixed: bool = True
    token: str | None = field(default_factory=new_token, repr=False)
    allowed: Allowed = field(default_factory=Allowed)

    def __post_init__(self) -> None:
        if not 0 <= self.port <= _HIGHEST_PORT:
            raise SettingsError(f"the viewer's port is {self.port}, expected a number from 0 to {_HIGHEST_PORT}")

    @property
    def is_anywhere(self) -> bool:
        """Whether it listens on every address of this machine."""
        return self.host in {"", "0.0.0.0", "::"}  # noqa: S104 — only compared

    @property
    def folders(self) -> tuple[Root, ...]:
        """What is looked at."""
        return self.roots or (Root(path=self.root),)

    def url(self, port: int, name: str | None = None) -> str:
        """Return the address to open in a browser, with the token in the fragment, which no server is ever sent.

        Args:
            port: The port that was bound.
            name: What the machine goes by there; this machine's own address by default.
        """
        if self.allowed.base_url and name is None:
            return self.allowed.base_url + (f"#token={self.token}" if self.token else "")
        shown = name or ("127.0.0.1" if self.is_anywhere else self.host)
        shown = f"[{shown}]" if ":" in shown else shown
        return f"http://{shown}:{port}/" + (f"#token={self.token}" if self.token else "")


def checked_roots(folders: Sequence[str]) -> tuple[Root, ...]:
    """Parse the folders on the command line, each a path or ``name=path``; several get distinct names.

    Raises:
        NotADirectoryError: One of them is a file.
        SettingsError: Two have one name, or one lies in another.
    """
    pairs = [_named(text) for text in folders]
    roots = [Root(path=checked_root(path), name=name or _name_of(path)) for name, path in pairs]
    for place, root in enumerate(roots):
        for other in roots[:place]:
            if root.name == other.name:
                raise SettingsError(f"two folders are called {root.name!r}: name one of them, as other={root.path}")
            if root.path.is_relative_to(other.path) or other.path.is_relative_to(root.path):
                raise SettingsError(f"of {str(root.path)!r} and {str(other.path)!r} one lies in the other: name one")
    return (Root(path=roots[0].path),) if len(roots) == 1 and pairs[0][0] is None else tuple(roots)


def _named(text: str) -> tuple[str | None, str]:
    """Split ``name=path``; a path that exists is never split."""
    name, mark, path = text.partition("=")
    is_named = mark and name and path and os.sep not in name and not os.path.exists(text)
    return (name, path) if is_named else (None, text)


def _name_of(path: str) -> str:
    return os.path.basename(os.path.realpath(path)) or path


def checked_root(folder: Path | str) -> Path:
    """Return the folder to look at, absolute and without links; it may not exist yet.

    Raises:
        NotADirectoryError: It is a file.
    """
    root = Path(os.path.realpath(folder))
    if root.exists() and not root.is_dir():
        raise NotADirectoryError(f"{os.fspath(folder)!r} is a file: name the folder with the runs")
    return root


def parse_settings(given: Mapping[str, Any]) -> ViewerSettings:
    """Read back settings that were written as JSON."""
    roots = tuple(Root(path=Path(root["path"]), name=root["name"]) for root in given["roots"])
    names = {name: value for name, value in given["allowed"].items() if name != "base_url"}
    allowed = Allowed(base_url=given["allowed"]["base_url"], **{name: tuple(value) for name, value in names.items()})
    return ViewerSettings(**{**given, "root": Path(given["root"]), "roots": roots, "allowed": allowed})

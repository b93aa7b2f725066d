"""The token that outlives a restart, so that an open page finds its viewer again.

Owns the one secret of this user, a file that only the user can read. A token is derived from it for each folder and
address: one token reveals nothing about the others. Does not know who asks with it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
import sys
from base64 import urlsafe_b64encode
from contextlib import suppress
from pathlib import Path
from typing import Final

from pyexp._files import open_regular, write_atomic

SECRET_NAME: Final = "viewer-secret"  # noqa: S105 — the file's name
_SECRET_BYTES: Final = 32
_OTHERS: Final = 0o077


def kept_token(root: Path | str, host: str) -> str:
    """Return the token of the viewer of *root* at *host*: the same at each start, unique to the folder and address.

    Where the secret cannot be kept (a home that is not writable, a file that is not ours) each start gets a fresh one.
    """
    try:
        secret = _kept_secret(state_folder())
    except (OSError, RuntimeError):  # the latter: there is no home
        secret = secrets.token_bytes(_SECRET_BYTES)
    digest = hmac.digest(secret, os.fsencode(f"{root}\0{host}"), hashlib.sha256)
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def state_folder() -> Path:
    """Return the folder in which this system keeps the state of a user's programs."""
    if sys.platform == "win32":
        given = os.environ.get("LOCALAPPDATA", "")
        base = Path(given) if os.path.isabs(given) else Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        given = os.environ.get("XDG_STATE_HOME", "")
        base = Path(given) if os.path.isabs(given) else Path.home() / ".local" / "state"
    return base / "pyexp"


def _kept_secret(folder: Path) -> bytes:
    """Read the secret in *folder*; a new one where there is none, or other users could have read it.

    Raises:
        OSError: It can be neither read nor kept.
    """
    for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
        with suppress(FileExistsError):
            missing.mkdir(mode=0o700)
    _claim_folder(folder)
    place = folder / SECRET_NAME
    found = _read_private(place)
    if found is None:
        write_atomic(place, secrets.token_bytes(_SECRET_BYTES), mode=0o600)
        found = _read_private(place)  # another start may have been quicker: what stands there counts
    if found is None:
        raise OSError(f"{os.fspath(place)!r} does not hold what was just written")
    return found


def _claim_folder(folder: Path) -> None:
    """Check that *folder* is a real folder of this user, and close it to others."""
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode) or not _is_own(info):
        raise PermissionError(f"{os.fspath(folder)!r} is not a folder of this user")
    if stat.S_IMODE(info.st_mode) & _OTHERS:
        folder.chmod(0o700)


def _read_private(place: Path) -> bytes | None:
    """Read the secret in the file; None when it is missing, cut, a link, or open to others."""
    try:
        file = open_regular(place)
    except OSError:
        return None
    with file:
        info = os.fstat(file.fileno())
        is_private = _is_own(info)
        if sys.platform != "win32":  # there the profile's folder is what keeps others out
            is_private = is_private and not stat.S_IMODE(info.st_mode) & _OTHERS
        found = file.read(_SECRET_BYTES) if is_private else b""
    return found if len(found) == _SECRET_BYTES else None


def _is_own(info: os.stat_result) -> bool:
    return sys.platform == "win32" or info.st_uid == os.geteuid()

"""The configs of a batch's runs: each in its folder's ``config.json``, and all once more in ``configs.jsonl``.

The former is the truth. The latter, a checksum a line, is read for run folders that were removed, and where many
configs are asked for, of files that have not changed since the index noted them.
"""

from __future__ import annotations

import json
import os
import zlib
from typing import IO, TYPE_CHECKING, Any, Final

from pyexp._files import open_regular, write_atomic
from pyexp.config.config import Config
from pyexp.config.encoding import config_hash, decode_config, encode_config
from pyexp.errors import DamagedFileError
from pyexp.store.index import real_folders, stamp_of
from pyexp.sweeps.naming import folder_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pyexp.store.index import Stamp
    from pyexp.store.layout import BatchPaths

_FEW: Final = 16
"""How many configs are read one by one before ``configs.jsonl`` is read as a whole."""


class RunConfigs:
    """The configs of one batch."""

    def __init__(self, paths: BatchPaths) -> None:
        self._paths = paths
        self._kept: Mapping[str, Any] | None = None
        self._folders: frozenset[str] = frozenset()
        self._loaded = 0

    def load(self, folder: str, stamp: Stamp | None = None) -> Config:
        """Read the config of the run in *folder*, with ``out`` where the folder is now.

        Args:
            folder: The run's folder.
            stamp: What the index noted of its ``config.json``.

        Raises:
            DamagedFileError: The config is missing, unreadable, or not the one that the folder was named after.
        """
        self._loaded += 1
        is_kept = stamp is not None and self._loaded > _FEW and self._is_unchanged(folder, stamp)
        config = self.kept(folder) if is_kept else None
        if config is None:
            config = self._read(folder)
        config["out"] = self._paths.root / folder
        return config

    def kept(self, folder: str) -> Config | None:
        """Return what ``configs.jsonl`` has of the run in *folder*."""
        if self._kept is None:
            self._kept = _load_kept(self._paths.configs)
        kept = self._kept.get(folder)
        if isinstance(kept, bytes):
            config: Config = decode_config(kept)["config"]
            return config
        return None if kept is None else Config(kept)

    def restore(self, folder: str) -> None:
        """Make a run's folder and config again where they were removed."""
        paths = self._paths.run(folder)
        if paths.root.is_symlink() or os.path.lexists(paths.config):
            return
        config = self.kept(folder)
        if config is not None and (paths.root.is_dir() or not os.path.lexists(paths.root)):
            paths.root.mkdir(exist_ok=True)
            write_atomic(paths.config, encode_config(Config(config | {"out": paths.root})))

    def _is_unchanged(self, folder: str, stamp: Stamp) -> bool:
        self._folders = self._folders or real_folders(self._paths.root)
        return folder in self._folders and stamp_of(self._paths.config_of(folder)) == stamp

    def _read(self, folder: str) -> Config:
        path = self._paths.run(folder).config
        if path.parent.is_symlink():
            raise DamagedFileError(f"{path.parent} is a link: the run's folder was replaced; put the folder back")
        try:
            config = decode_config(path.read_bytes())
        except (OSError, ValueError) as error:
            is_missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
            kept = self.kept(folder) if is_missing else None
            if kept is None:
                raise DamagedFileError(
                    f"{path} cannot be read as a config ({error}): this run cannot continue"
                ) from error
            config = kept
        if folder_hash(folder) != config_hash(config):
            raise DamagedFileError(
                f"{path} was altered: its values do not have the hash in the folder's name; "
                f"restore the file or start anew"
            )
        return config


def keep_configs(path: Path, configs: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Append the *configs*, each with its run's folder."""
    lines = b"".join(_line(folder, config) for folder, config in configs)
    with open(path, "a+b", opener=_open_no_link) as file:
        # A torn last line is ended first.
        if file.seek(0, os.SEEK_END) and not _ends_line(file):
            lines = b"\n" + lines
        file.write(lines)


def _load_kept(path: Path) -> dict[str, Any]:
    """Read the lines of *path* by run folder; torn or altered ones are skipped.

    The checksum of a line joins the config to the folder, whose name has the config's hash. Most configs are plain
    JSON: they are returned as dicts, other lines as they are.
    """
    try:
        with open_regular(path) as file:
            lines = file.read().splitlines()
    except OSError:
        return {}
    payloads = [b"{" + line[_HEAD_LENGTH:] for line in lines]
    whole = [payload for line, payload in zip(lines, payloads, strict=True) if line[:_HEAD_LENGTH] == _head(payload)]
    # One parse of all plain lines is several times faster than one for each.
    plain: list[dict[str, Any]] = json.loads(b"[" + b",".join(each for each in whole if _TAG not in each) + b"]")
    tagged = {decode_config(each)["run"]: each for each in whole if _TAG in each}
    return {each["run"]: each["config"] for each in plain} | tagged


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _line(folder: str, config: Mapping[str, Any]) -> bytes:
    # JSON has line breaks between its parts alone: in strings they are escaped. Where the folder is, is not kept.
    encoded = encode_config({key: value for key, value in config.items() if key != "out"})
    joined = b"".join(part.strip() for part in encoded.splitlines())
    payload = b'{"run": ' + json.dumps(folder).encode() + b', "config": ' + joined + b"}"
    return _head(payload) + payload[1:] + b"\n"


def _head(payload: bytes) -> bytes:
    return b'{"crc32": "%08x", ' % zlib.crc32(payload)


_HEAD_LENGTH: Final = len(_head(b""))
_TAG: Final = b'"$'


def _ends_line(file: IO[bytes]) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"

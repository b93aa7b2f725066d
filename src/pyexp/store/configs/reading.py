"""Reading the configs of a batch's runs.

``config.json`` is the truth. ``configs.jsonl`` is read for run folders that were removed, and where many configs are
asked for, of files that have not changed since the index noted them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from pyexp._cpython import child_of
from pyexp.config.config import Config
from pyexp.config.encoding import config_hash, decode_config
from pyexp.errors import DamagedFileError
from pyexp.store.configs.kept import load_kept
from pyexp.store.configs.making import make_folder
from pyexp.store.index import real_folders, stamp_of
from pyexp.sweeps.naming import folder_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        dict.__setitem__(config, "out", child_of(self._paths.root, folder))  # a path is never converted
        return config

    def kept(self, folder: str) -> Config | None:
        """Return what ``configs.jsonl`` has of the run in *folder*."""
        if self._kept is None:
            self._kept = load_kept(self._paths.configs)
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
            make_folder(paths, config)

    def _is_unchanged(self, folder: str, stamp: Stamp) -> bool:
        self._folders = self._folders or real_folders(self._paths.root)
        return folder in self._folders and -1 not in stamp and stamp_of(self._paths.config_of(folder)) == stamp

    def _read(self, folder: str) -> Config:
        paths = self._paths.run(folder)
        path = paths.config
        if os.path.islink(paths.root):
            raise DamagedFileError(f"{paths.root} is a link: the run's folder was replaced; put the folder back")
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

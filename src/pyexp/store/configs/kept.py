"""``configs.jsonl``: the configs of a batch's runs once more, append-only, a checksum a line."""

from __future__ import annotations

import json
import os
from typing import IO, TYPE_CHECKING, Any, Final
from zlib import crc32

from pyexp._cpython import quote_ascii
from pyexp._files import open_regular
from pyexp._garbage import uncollected
from pyexp.config.encoding import decode_config, encode_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


def keep_configs(path: Path, configs: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Append the *configs*, each with its run's folder."""
    with open(path, "a+b", opener=_open_no_link) as file:
        # A torn last line is ended first.
        if file.seek(0, os.SEEK_END) and not _ends_line(file):
            file.write(b"\n")
        file.writelines(_line(folder, config) for folder, config in configs)


@uncollected()
def load_kept(path: Path) -> dict[str, Any]:
    """Read the lines of *path* by run folder; torn or altered ones are skipped.

    The checksum of a line joins the config to the folder, whose name has the config's hash. Most configs are plain
    JSON: they are returned as dicts, other lines as they are.
    """
    try:
        with open_regular(path) as file:
            lines = file.read().splitlines()
    except OSError:
        return {}
    whole = [line for line in lines if line[:_HEAD_LENGTH] == _HEAD % crc32(line[_HEAD_LENGTH:], _BEFORE)]
    # One parse of all plain lines is several times faster than one for each.
    plain: list[dict[str, Any]] = json.loads(b"[" + b",".join([each for each in whole if _TAG not in each]) + b"]")
    tagged = {decode_config(each)["run"]: each for each in whole if _TAG in each}
    return {each["run"]: each["config"] for each in plain} | tagged


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _line(folder: str, config: Mapping[str, Any]) -> bytes:
    # Where the folder is, is not kept.
    joined = encode_line({key: value for key, value in config.items() if key != "out"})
    rest = b'"run": ' + quote_ascii(folder).encode() + b', "config": ' + joined + b"}\n"
    return _HEAD % crc32(rest[:-1], _BEFORE) + rest


# The checksum is that of the object without it.
_HEAD: Final = b'{"crc32": "%08x", '
_HEAD_LENGTH: Final = len(_HEAD % 0)
_BEFORE: Final = crc32(b"{")
_TAG: Final = b'"$'


def _ends_line(file: IO[bytes]) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"

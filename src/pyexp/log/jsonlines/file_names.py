"""Tags as names of files. Owns which characters are written otherwise; knows neither folders nor suffixes."""

from __future__ import annotations

import re

_QUOTED = re.compile("%([0-9A-F]{2})")
_UNSAFE = re.compile(r'[%:*?"<>|\\\x00-\x1f]|[. ]+$')


def file_name(tag: str) -> str:
    """Return the path that a tag becomes: itself, but for characters that some file system does not allow.

    These are written as ``%`` and two hex digits; so are dots in names of folders, which keeps these apart from files.
    An empty part is written as ``%`` alone. So the path never leaves the folder that it is in.
    """
    *folders, name = (_UNSAFE.sub(_quoted, part) or "%" for part in tag.split("/"))
    return "/".join([*(folder.replace(".", "%2E") for folder in folders), name])


def tag_of(name: str) -> str:
    """Return the tag of which `file_name` made *name*."""
    return "/".join("" if part == "%" else _QUOTED.sub(_unquoted, part) for part in name.split("/"))


def _quoted(match: re.Match[str]) -> str:
    return "".join(f"%{ord(character):02X}" for character in match[0])


def _unquoted(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))

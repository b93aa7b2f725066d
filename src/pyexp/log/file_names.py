"""Tags as names of files. Owns which characters are written otherwise; knows neither folders nor suffixes."""

from __future__ import annotations

import re

_UNSAFE = re.compile(r'[%:*?"<>|\\\x00-\x1f]|[. ]+$')


def file_name(tag: str) -> str:
    """Return the path that a tag becomes: itself, but for characters that some file system has no room for.

    These are written as ``%`` and two hex digits; so are dots in names of folders, which keeps these apart from files.
    """
    *folders, name = (_UNSAFE.sub(_quoted, part) for part in tag.split("/"))
    return "/".join([*(folder.replace(".", "%2E") for folder in folders), name])


def _quoted(match: re.Match[str]) -> str:
    return "".join(f"%{ord(character):02X}" for character in match[0])

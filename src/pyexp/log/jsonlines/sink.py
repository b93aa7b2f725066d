"""The log as JSON lines, for people to read: a line per scalar and text, a file per object.

Owns the layout of that format and appending to it. ``log.jsonl`` holds what the layout alone does not say: where each
attempt begins, and which objects there are.
"""

from __future__ import annotations

import errno
import json
import os
import time
import zlib
from contextlib import suppress
from itertools import chain, count
from typing import IO, TYPE_CHECKING, Any

from pyexp._files import write_atomic
from pyexp.errors import LogError
from pyexp.log.folder.locks import locked
from pyexp.log.folder.presence import Presence
from pyexp.log.folder.whereabouts import create, locate
from pyexp.log.jsonlines.file_names import file_name
from pyexp.log.jsonlines.layout import FOLDERS, META_SUFFIX, SUFFIXES, scan
from pyexp.log.jsonlines.lines import ATTEMPT_BEGIN, BEGINS, json_line, parse_line, scalar_lines, text_line
from pyexp.log.kinds import TEXT
from pyexp.log.values.file_layout import LOG_NAME, SCALARS_NAME, TEXT_NAME, require_format

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pyexp.log.values.events import Item, Points

_FLAGS = os.O_WRONLY | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

# What is wrong with the name of one object, not with the disk.
_FAULTS_OF_NAMES = {
    errno.ENAMETOOLONG,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.EINVAL,
    errno.EILSEQ,
    errno.ELOOP,
}


class JsonLines:
    """Appends to the files of one folder; each is opened once."""

    def __init__(self, folder: Path, *, is_new_attempt: bool = True) -> None:
        """Open or create the files; a new attempt first ends a line that an earlier writer left torn.

        Raises:
            OSError: The folder is missing or not writable, or the disk is full.
        """
        self._folder = folder
        self._files: dict[str, IO[bytes]] = {}
        self._taken: dict[Path, int] = {}  # how many objects have the same name, where that is more than one
        self._presence: Presence | None = None
        self._lost: list[str] = []  # files that were removed
        try:
            for name in (SCALARS_NAME, TEXT_NAME, LOG_NAME):
                self._files[name] = _open(folder / name, os.O_CREAT if is_new_attempt else 0)
            self._begin(is_new_attempt=is_new_attempt)
        except BaseException:
            self._close()
            raise

    def prepare(self, scalars: Sequence[Points], items: Sequence[tuple[Item, int]]) -> Callable[[], None]:
        """Encode points and texts and return what appends them and stores the objects.

        When that raises, neither a line nor a file of an object stays.
        """
        texts = [text_line(item, iteration) for item, iteration in items if item.kind == TEXT.name]
        objects = [(item, iteration) for item, iteration in items if item.kind != TEXT.name]
        lines = {
            SCALARS_NAME: b"".join(chain.from_iterable(map(scalar_lines, scalars))),
            TEXT_NAME: b"".join(texts),
        }

        def append() -> None:
            self._find()
            made: list[Path] = []
            try:
                described = [json_line(self._store(item, iteration, made)) for item, iteration in objects]
                self._append({**lines, LOG_NAME: b"".join(described)})
            except BaseException:
                for path in made:
                    with suppress(OSError):
                        path.unlink()
                raise

        return append

    def close(self) -> None:
        """Close the files."""
        self.release()

    def release(self) -> None:
        """Close the files; a child opens them where they are now."""
        with suppress(OSError, LogError):
            self._locate()
        self._close()

    def _close(self) -> None:
        for file in self._files.values():
            file.close()
        if self._presence is not None:
            self._presence.leave()

    def reopened(self) -> JsonLines:
        """Return an object for a forked child, which continues the attempt."""
        require_format(self._folder, use_protobuf=False)
        return JsonLines(self._folder, is_new_attempt=False)

    def _begin(self, *, is_new_attempt: bool = True) -> None:
        with locked(self._files[LOG_NAME].fileno()):
            presence = Presence(self._folder)
            try:
                if is_new_attempt:
                    self._begin_attempt(joins=presence.has_company)
            except BaseException:
                presence.leave()
                raise
        self._presence = presence

    def _begin_attempt(self, *, joins: bool) -> None:
        for name, file in self._files.items():
            if _is_torn(self._folder / name):
                file.write(b"\n")
        sizes = {name: os.fstat(file.fileno()).st_size for name, file in self._files.items()}
        lines = [] if sizes[LOG_NAME] else [json_line(found) for found in scan(self._folder)]  # written without it
        begin: dict[str, Any] = {"attempt": time.time(), "scalars": sizes[SCALARS_NAME], "text": sizes[TEXT_NAME]}
        lines.append(json_line({**begin, "joins": True} if joins else begin))
        self._append({LOG_NAME: b"".join(lines)})

    def _find(self) -> None:
        """Follow the folder to where it was renamed to; make files that were removed again, but fail once before."""
        if self._lost:
            self._make_again()
        elif self._presence is not None:
            self._locate()
        if self._presence is None:
            self._begin()

    def _locate(self) -> None:
        lost, places = [], []
        for name, file in self._files.items():
            try:
                places.append(locate(file.fileno(), self._folder / name).parent)
            except FileNotFoundError as error:
                lost.append((name, error))
        if lost:
            require_format(self._folder, use_protobuf=False)  # removed for a log of the other format
            self._lost = [name for name, _ in lost]
            raise lost[0][1]
        if places[0] != self._folder:
            self._folder = places[0]
            self._taken.clear()

    def _make_again(self) -> None:
        for name in list(self._lost):
            made = create(self._folder / name, _FLAGS)
            self._files[name].close()
            self._files[name] = os.fdopen(made, "ab", buffering=0)
            self._lost.remove(name)
        if self._presence is not None:
            self._presence.leave()
        self._presence = None

    def _store(self, item: Item, iteration: int, made: list[Path]) -> dict[str, Any]:
        """Write the files of an object, add them to *made*, and return what ``log.jsonl`` says of it."""
        try:
            base = self._claim(self._folder / str(iteration) / FOLDERS[item.kind] / file_name(item.tag), made)
            parts = []
            for content in item.contents:
                target = base.with_name(base.name + SUFFIXES[content.media_type])
                made.append(target)
                write_atomic(target, content.data)
                name = target.relative_to(self._folder).as_posix()
                parts.append([content.media_type, name, len(content.data), zlib.crc32(content.data)])
            meta = {"interactive": item.interactive, "time": item.time}
            write_atomic(base.with_name(base.name + META_SUFFIX), json.dumps(meta).encode())
        except OSError as error:
            if error.errno not in _FAULTS_OF_NAMES:
                raise
            raise LogError(
                f"the tag {item.tag!r:.60} of a {item.kind} cannot be used as a file name here ({error.strerror}); "
                "choose another tag"
            ) from error
        return {"it": iteration, "tag": item.tag, "kind": item.kind, **meta, "parts": parts}

    def _claim(self, base: Path, made: list[Path]) -> Path:
        """Return a name that no object has yet, *base* if it is free, and make its ``.meta``."""
        base.parent.mkdir(parents=True, exist_ok=True)
        for number in count(self._taken.get(base, 0) + 1):
            claimed = base if number == 1 else base.with_name(f"{base.name}~{number}")
            meta = claimed.with_name(claimed.name + META_SUFFIX)
            try:
                os.close(os.open(meta, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
            except FileExistsError:
                self._taken[base] = number
            else:
                made.append(meta)
                break
        return claimed

    def _append(self, lines: dict[str, bytes]) -> None:
        states = {name: os.fstat(self._files[name].fileno()) for name in lines}
        try:
            for name, data in lines.items():
                view = memoryview(data)
                while view:
                    view = view[self._files[name].write(view) or 0 :]
        except BaseException:
            for name, state in states.items():
                with suppress(OSError):  # a line that stays torn is skipped
                    os.ftruncate(self._files[name].fileno(), state.st_size)
            raise


def remove_unused(folder: Path) -> bool:
    """Remove the files of a log that holds no event; return whether it does not."""
    described = folder / LOG_NAME
    if not described.exists():
        return False  # not written by us: only its folders say which objects it has
    files = [folder / name for name in (SCALARS_NAME, TEXT_NAME) if (folder / name).exists()]
    attempts = described.read_bytes().splitlines()
    if any(path.stat().st_size for path in files) or not all(line.startswith(ATTEMPT_BEGIN) for line in attempts):
        return False
    for path in (*files, described):
        path.unlink()
    return True


def repair_last_line(path: Path) -> int:
    """Cut off a last line that is torn, or end it where only its end is missing; return how many bytes were cut off.

    Raises:
        LogError: It is not a line of a log; the file stays as it is.
    """
    with open(path, "r+b") as file:
        data = file.read()
        whole = data.rfind(b"\n") + 1
        line = data[whole:].rstrip(b"\0")  # a power cut leaves zeros
        if not any(begin.startswith(line) or line.startswith(begin) for begin in BEGINS):
            raise LogError(
                f"{str(path)!r} is not a log: its last line begins with {line[:40]!r}; expected '{{\"it\": …'. It is "
                "left as it is: move it away, or give another path"
            )
        if parse_line(line) is not None:
            file.seek(whole + len(line))
            file.write(b"\n")
            file.truncate()
            return 0
        file.truncate(whole)
    return len(data) - whole


def _open(path: Path, flags: int) -> IO[bytes]:
    return os.fdopen(os.open(path, _FLAGS | flags, 0o666), "ab", buffering=0)


def _is_torn(path: Path) -> bool:
    with open(path, "rb") as file:
        if not file.seek(0, os.SEEK_END):
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"

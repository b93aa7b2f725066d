"""Reading a log of JSON lines: new lines are parsed as they come, objects are listed and opened when asked for.

Owns the state of one reader of one folder. Holds the scalars in memory: this format is for people and small logs.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from pyexp._files import open_regular
from pyexp.log.jsonlines.layout import scan
from pyexp.log.jsonlines.lines import parse_line
from pyexp.log.kinds import KINDS, PLAIN, TEXT
from pyexp.log.values.attempts import after, visible_entries, visible_points
from pyexp.log.values.events import MAX_ITERATION, MIN_ITERATION, Entry, Part, Points
from pyexp.log.values.file_layout import LOG_NAME, SCALARS_NAME, TEXT_NAME
from pyexp.log.values.parts import read_parts
from pyexp.log.values.series import Series
from pyexp.log.values.source import Delta

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

_PREFIX_BYTES = 64  # of a file, by which it is known again


class JsonSource:
    """The events of one folder; see `pyexp.log.values.source.Source`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._forget()

    def _forget(self) -> None:
        self._lines = {name: _Lines(self._folder / name) for name in (LOG_NAME, SCALARS_NAME, TEXT_NAME)}
        self._pieces: dict[str, list[tuple[int, Series]]] = {}
        self._attempts: list[float] = []
        self._begun = 0  # how many of the lines of log.jsonl so far began an attempt that hides others
        self._begins: dict[str, list[int]] = {SCALARS_NAME: [], TEXT_NAME: []}
        self._entries: list[tuple[int, Entry]] = []
        self._unparsed = 0
        self._scanned: set[str] = set()  # objects found without log.jsonl, by their first files
        self._damaged: set[tuple[str, int]] = set()

    @property
    def tags(self) -> Collection[str]:
        """The scalar tags."""
        return self._pieces.keys()

    @property
    def attempts(self) -> Sequence[float]:
        """When each attempt began."""
        return self._attempts

    @property
    def damage(self) -> int:
        """Number of damaged lines and objects found so far."""
        return self._unparsed + len(self._damaged)

    @property
    def problem(self) -> str | None:
        """Why no line is one of ours; None when some is, or there is none."""
        if not self._unparsed or self._pieces or self._entries or self._attempts:
            return None
        return (
            f"{str(self._folder)!r} holds no log of ours: none of the {self._unparsed:,} lines in {SCALARS_NAME}, "
            f'{TEXT_NAME} and {LOG_NAME} is of the form \'{{"it": …, "tag": …}}\'. They read as an empty log: '
            "give the folder of another run"
        )

    def poll(self) -> Delta:
        """Look for what is new."""
        reset = any(lines.is_replaced() for lines in self._lines.values())
        if reset:
            self._forget()
        seen = len(self._entries)
        if not self._take_log():
            self._forget()
            self._take_log()
            reset, seen = True, 0
        starts: dict[str, int] = {}
        for at, record in self._new(SCALARS_NAME):
            self._take(record, lambda record, at=at: self._take_scalar(record, at, starts))
        for at, record in self._new(TEXT_NAME):
            self._take(record, lambda record, at=at: self._take_text(record, at))
        for tag in starts:
            if len({attempt for attempt, _ in self._pieces[tag]}) > 1:
                starts[tag] = 0
        entries = self._entries[seen:]
        return Delta(
            reset=reset,
            starts=starts,
            entries=lambda: [entry for _, entry in entries],
            hides=any(attempt > 0 for attempt, _ in entries),
        )

    def count(self, tag: str) -> int:
        """Return the number of points of a tag, hidden ones included."""
        return sum(len(series) for _, series in self._pieces.get(tag, ()))

    def points(self, tag: str, start: int) -> list[Points]:
        """Return the visible points of a tag from index *start* on, in pieces."""
        pieces = [
            (attempt, Points(tag, series.iterations, series.values, series.times))
            for attempt, series in self._pieces.get(tag, ())
        ]
        return after(visible_points(tag, pieces), start)

    def last(self, tag: str) -> tuple[int, float] | None:
        """Return the last point of a tag: nothing later hides it."""
        for _, series in reversed(self._pieces.get(tag, ())):
            return series.iterations[-1], series.values[-1]
        return None

    def entries(self) -> list[Entry]:
        """Return the visible objects."""
        return visible_entries(sorted(self._entries, key=lambda numbered: numbered[0]))

    def contents(self, parts: Sequence[Part]) -> list[bytes | None]:
        """Return the bytes of these parts; None for those that are damaged or gone."""
        found: list[bytes | None] = []
        for part, data in zip(parts, read_parts(parts), strict=True):
            content = data
            if data is not None and part.path.name == TEXT_NAME:
                record = parse_line(data)
                content = str(record["text"]).encode("utf-8", "backslashreplace") if record else None
            if content is None:
                self._damaged.add((str(part.path), part.offset))
            found.append(content)
        return found

    def _take_log(self) -> bool:
        """Take attempts and objects; return whether what was read before can stay.

        It cannot when an attempt begins before the end of it: its first lines were taken for those of an earlier one.
        """
        if not (self._folder / LOG_NAME).exists():
            for record in scan(self._folder):
                if record["parts"][0][1] not in self._scanned:
                    self._scanned.add(record["parts"][0][1])
                    self._take(record, self._take_object)
            return True
        known = self._begun
        for _, record in self._new(LOG_NAME):
            self._take(record, self._take_attempt if "attempt" in record else self._take_object)
        is_misread = any(
            begin < self._lines[name].offset for name, begins in self._begins.items() for begin in begins[known:]
        )
        return not is_misread and not self._scanned

    def _new(self, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
        for offset, line in self._lines[name].read():
            record = parse_line(line)
            if record is not None:
                record["\n"] = len(line)  # not a key that a line can have: lines end at the line break
                yield offset, record
            elif line.strip():
                self._unparsed += 1

    def _take(self, record: dict[str, Any], take: Any) -> None:
        try:
            take(record)
        except (KeyError, TypeError, ValueError, OverflowError):  # JSON, but not a line of ours
            self._unparsed += 1

    def _take_attempt(self, record: dict[str, Any]) -> None:
        begun, scalars, text = float(record["attempt"]), int(record["scalars"]), int(record["text"])
        self._attempts.append(begun)
        if record.get("joins") is True:  # it hides nothing
            return
        self._begun += 1
        for name, begin in ((SCALARS_NAME, scalars), (TEXT_NAME, text)):
            earlier = self._begins[name]
            kept = bisect_right(earlier, begin)  # less only where the file was removed and made again
            earlier[kept:] = [begin] * (len(earlier) - kept + 1)

    def _take_scalar(self, record: dict[str, Any], offset: int, starts: dict[str, int]) -> None:
        tag, iteration = _tag(record), _iteration(record)
        value, at = float(record["value"]), _time(record)
        attempt = bisect_right(self._begins[SCALARS_NAME], offset) - 1
        pieces = self._pieces.setdefault(tag, [])
        starts.setdefault(tag, self.count(tag) if tag not in starts else 0)
        if not pieces or pieces[-1][0] != attempt:
            pieces.append((attempt, Series.empty(tag)))
        series = pieces[-1][1]
        series.iterations.append(iteration)
        series.values.append(value)
        series.times.append(at)

    def _take_text(self, record: dict[str, Any], offset: int) -> None:
        if not isinstance(record["text"], str):
            raise TypeError("a text is a string")
        part = Part(PLAIN.name, record["\n"], self._folder / TEXT_NAME, offset, None)
        attempt = bisect_right(self._begins[TEXT_NAME], offset) - 1
        self._add(attempt, record, TEXT.name, (part,))

    def _take_object(self, record: dict[str, Any]) -> None:
        parts = []
        for media_type, name, size, crc in record["parts"]:
            path = self._folder / str(name)
            if ".." in path.parts or not path.is_relative_to(self._folder):
                raise ValueError("a file outside of the folder")
            parts.append(Part(str(media_type), int(size), path, 0, None if crc is None else int(crc)))
        if record["kind"] in KINDS:
            self._add(self._begun - 1, record, record["kind"], tuple(parts))

    def _add(self, attempt: int, record: dict[str, Any], kind: str, parts: tuple[Part, ...]) -> None:
        entry = Entry(
            kind=kind,
            tag=_tag(record),
            iteration=_iteration(record),
            time=_time(record),
            interactive=bool(record.get("interactive", False)),
            parts=parts,
            id=len(self._entries),
        )
        self._entries.append((attempt, entry))


class _Lines:
    """The whole lines of a growing file, each read once.

    Attributes:
        offset: Where the first line begins that was not read yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.offset = 0
        self._identity: tuple[int, int] | None = None
        self._prefix = b""

    def is_replaced(self) -> bool:
        """Return whether what was read is no longer in the file."""
        if self._identity is None:
            return False
        try:
            with open_regular(self._path, follow_links=True) as file:
                status = os.fstat(file.fileno())
                known = (status.st_dev, status.st_ino) == self._identity and status.st_size >= self.offset
                return not known or file.read(len(self._prefix)) != self._prefix
        except OSError:
            return True

    def read(self) -> Iterator[tuple[int, bytes]]:
        """Yield offset and content of each new line that is whole."""
        try:
            with open_regular(self._path, follow_links=True) as file:
                status = os.fstat(file.fileno())
                self._identity = (status.st_dev, status.st_ino)
                file.seek(self.offset)
                data = file.read()
                if not self.offset:
                    self._prefix = data[: data.rfind(b"\n") + 1][:_PREFIX_BYTES]
        except OSError:  # not there yet, or removed
            return
        for line in data[: data.rfind(b"\n") + 1].splitlines(keepends=True):
            yield self.offset, line
            self.offset += len(line)


def _tag(record: dict[str, Any]) -> str:
    if not isinstance(record["tag"], str):
        raise TypeError("a tag is a string")
    return record["tag"]


def _time(record: dict[str, Any]) -> float:
    return float(record["time"] if "time" in record else record.get("ts", 0.0))  # `ts` is of earlier programs


def _iteration(record: dict[str, Any]) -> int:
    iteration = record["it"]
    if type(iteration) is not int or not MIN_ITERATION <= iteration <= MAX_ITERATION:
        raise ValueError("an iteration is an integer of 64 bits")
    return iteration

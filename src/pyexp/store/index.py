"""``index.jsonl``: the states of a batch's runs in one file, so that listing a batch opens one file and no pickle.

Append-only; the last line of a run wins. The folders are the truth: an index that is lost, torn or behind is rebuilt.
A run that has ended is noted with size and time of its files: while they have these, none has to be opened.
"""

from __future__ import annotations

import json
import os
import re
import stat
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pyexp._cpython import json_encoder
from pyexp._files import folder_size
from pyexp._garbage import uncollected
from pyexp.store import descriptors
from pyexp.store.layout import CONFIG, RESULT, STATUS
from pyexp.store.summary import index_part
from pyexp.task import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pyexp.task import RunState

    Stamp = list[int]

# Compiled where it is used: that takes 2 ms, and each start imports this module.
_STATE: Final = (
    rb'"status": "(\w+)"(?:, "started": ([\d.e+]+))?(?:, "finished": ([\d.e+]+))?(?:.*, "size_bytes": (\d+)\}$|.*$)'
)


class States(NamedTuple):
    """What lists of batches show of runs, see `RunRecord`: by columns, since an object for each run takes long."""

    folders: Sequence[str]
    statuses: Sequence[str]
    started: Sequence[float | None]
    finished: Sequence[float | None]
    sizes_bytes: Sequence[int | None]

    @classmethod
    def of(cls, records: Iterable[RunRecord]) -> States:
        """Return the states that *records* hold."""
        rows = [(each.folder, each.status.value, each.started, each.finished, each.size_bytes) for each in records]
        return cls(*zip(*rows, strict=True)) if rows else cls((), (), (), (), ())


class RunRecord(NamedTuple):
    """One run, as the index describes it; a tuple, because ten thousand of them are made at once.

    Attributes:
        folder: Name of the run's folder in the batch.
        name: The config's name.
        status: Where the run stands.
        started: Start of its last attempt, seconds since 1970 (UTC).
        finished: End of its last attempt, seconds since 1970 (UTC).
        attempts: Attempts so far.
        error: First line of its error.
        summary: Numbers, booleans and short strings at the top of its result.
        commit: Beginning of the hash of the snapshot that its last attempt ran.
        files: Size and time of last change, in nanoseconds since 1970, of its config, its status and its result, one
            after the other, see `stamp_of`; None while the run has not ended.
        size_bytes: What its folder held when it had ended; None before.
    """

    folder: str
    name: str
    status: Status = Status.PENDING
    started: float | None = None
    finished: float | None = None
    attempts: int = 0
    error: str | None = None
    summary: dict[str, Any] | None = None
    commit: str | None = None
    files: list[int] | None = None
    size_bytes: int | None = None

    @property
    def duration(self) -> float | None:
        """Seconds that its last attempt took; None until it has ended."""
        return None if self.started is None or self.finished is None else self.finished - self.started

    @property
    def config_stamp(self) -> Stamp | None:
        """Size and time of its ``config.json``."""
        return None if self.files is None else self.files[:2]

    @classmethod
    def of(cls, folder: str, name: str, state: RunState, root: str | None = None) -> RunRecord:
        """Return what the index keeps of the run in *folder*.

        Args:
            folder: The run's folder.
            name: The config's name.
            state: Where the run stands.
            root: The batch folder, for a run that has ended: what its folder holds is noted, too.
        """
        known = {key: getattr(state, key) for key in STATE_FIELDS if hasattr(state, key)}
        known |= {"error": first_line(state.error), "summary": index_part(state.summary)}
        commit = state.commits[-1] if state.commits else None
        record = cls(folder, name, **known, commit=commit[:_COMMIT_LENGTH] if commit else None)
        return record if root is None else record._replace(files=stamps_of(root, folder)).measured_in(root)

    def measured_in(self, root: str) -> RunRecord:
        """Return the same record with the size of the run's folder in the batch folder *root*; a link has none."""
        place = f"{root}{os.sep}{self.folder}"
        return self if os.path.islink(place) else self._replace(size_bytes=folder_size(place))

    def is_settled_in(self, root: str) -> bool:
        """Return whether the run has passed, and its files in the batch folder *root* are those of then.

        The run's folder is a real one, see `real_folders`.
        """
        if self.status is not Status.PASSED or self.files is None or -1 in self.files:
            return False
        return stamps_of(root, self.folder) == self.files


_COMMIT_LENGTH: Final = 12
STATE_FIELDS: Final = RunRecord._fields[2:-2]


def stamp_of(path: str) -> Stamp:
    """Return size and time of last change of the regular file *path*; -1 for both where there is none, or a link."""
    try:
        found = os.lstat(path)
    except OSError:
        return [-1, -1]
    return [found.st_size, found.st_mtime_ns] if stat.S_ISREG(found.st_mode) else [-1, -1]


def stamps_of(root: str, folder: str) -> list[int]:
    """Return what `RunRecord.files` notes of the run in *folder* of the batch folder *root*."""
    run = f"{root}{os.sep}{folder}{os.sep}"
    return [*stamp_of(run + CONFIG), *stamp_of(run + STATUS), *stamp_of(run + RESULT)]


def real_folders(root: Path) -> frozenset[str]:
    """Return the names of the folders in *root*, links left out; none of them is opened."""
    try:
        with os.scandir(root) as entries:
            return frozenset(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return frozenset()


def which_hold(root: str, folders: Iterable[str], file: str) -> Iterator[bool]:
    """Say for each of *folders* in the folder *root* whether there is such a *file* in it, links followed."""
    # Nothing but one call of the system for each: there may be ten thousand.
    return map(os.access, [f"{root}{os.sep}{folder}{os.sep}{file}" for folder in folders], repeat(os.F_OK))


def first_line(error: str | None) -> str | None:
    """Return the ``Type: message`` line of an error text."""
    return error.split("\n", 1)[0][:500] if error else None


class Index:
    """The open index of a batch, for the process that owns the batch."""

    __slots__ = ("_descriptor",)

    def __init__(self, path: Path) -> None:
        """Open *path* for appending; a torn last line is ended first."""
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
        self._descriptor = os.open(path, flags, 0o666)
        descriptors.keep(self._descriptor)
        size = os.fstat(self._descriptor).st_size
        if size:
            os.lseek(self._descriptor, size - 1, os.SEEK_SET)
            if os.read(self._descriptor, 1) != b"\n":
                os.write(self._descriptor, b"\n")

    def append(self, *records: RunRecord) -> None:
        """Add the states *records* in one write."""
        if records:
            os.write(self._descriptor, b"".join(map(_line, records)))

    def close(self) -> None:
        """Close the file."""
        descriptors.let_go(self._descriptor)
        os.close(self._descriptor)


@uncollected()
def load_index(path: Path) -> dict[str, RunRecord] | None:
    """Read the last state of each run by folder, or None when there is no usable index."""
    lines = _load_lines(path)
    if lines is None:
        return None
    try:
        return {folder: _record(line) for folder, line in lines.items()}
    except (KeyError, ValueError, TypeError):
        return None


def version_of(path: Path) -> tuple[int, int, int] | None:
    """Return what changes with each line of the index, and with each new index; None without one."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def load_last_states(path: Path) -> States | None:
    """Read what lists show of each run, without parsing the rest of its line.

    None when there is no index, or a line in it that does not have the form that `Index` gives it.
    """
    try:
        return _states(_last_lines(path.read_bytes()))
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _states(lines: Mapping[bytes, bytes]) -> States:
    """Return what the last line of each run says."""
    # Each beginning ends within the string that names the folder.
    folders = [line["run"] for line in json.loads(b"[" + b'"},'.join(lines) + b'"}]')]
    # Quotes within a string of JSON are preceded by a backslash: no name or error can look like this.
    found = re.findall(_STATE, b"\n".join(lines.values()), re.MULTILINE)
    if len(found) != len(folders):
        raise ValueError("a line without a status")
    status, *numbers = zip(*found, strict=True)
    return States(folders, list(map(bytes.decode, status)), *map(_numbers, numbers))


def _load_lines(path: Path) -> dict[str, dict[str, Any]] | None:
    """Read the last line of each run by its folder, as it stands, or None when there is no index.

    Torn and damaged lines are skipped.
    """
    try:
        data = path.read_bytes()
    except OSError:
        return None
    try:
        # One parse of the whole is several times faster than one per line.
        lines = json.loads(b"[" + b",".join(_last_lines(data).values()) + b"]")
    except ValueError:
        lines = list(_readable_lines(data))
    return {line["run"]: line for line in lines if type(line) is dict and "run" in line}


# What a line leaves out where it is the default.
_OPTIONAL: Final = RunRecord._fields[3:]
_DEFAULTS: Final = tuple(RunRecord._field_defaults[key] for key in _OPTIONAL)
_encode = json_encoder((", ", ": "))
_STATUSES = {status.value: status for status in Status}


def _record(line: dict[str, Any]) -> RunRecord:
    # Without the names of the fields: they take half as long again, and there are ten thousand.
    values = (line["run"], line["name"], _STATUSES[line["status"]], *map(line.get, _OPTIONAL, _DEFAULTS))
    return tuple.__new__(RunRecord, values)


def _line(record: RunRecord) -> bytes:
    fields: dict[str, Any] = {"run": record.folder, "name": record.name, "status": record.status.value}
    fields |= {key: value for key, value in zip(_OPTIONAL, record[3:], strict=True) if value}
    return _encode(fields).encode() + b"\n"


def _last_lines(data: bytes) -> dict[bytes, bytes]:
    """Return the last whole line of each run by its beginning, which names the run, so that none has to be parsed."""
    return {line.partition(b'", "')[0]: line for line in data[: data.rfind(b"\n") + 1].splitlines()}


def _numbers(texts: Sequence[bytes]) -> list[Any]:
    found: list[Any] = json.loads(b"[" + b",".join([text or b"null" for text in texts]) + b"]")
    return found


def _readable_lines(data: bytes) -> Iterable[Any]:
    for line in data.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue

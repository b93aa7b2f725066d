"""``index.jsonl``: the states of a batch's runs in one file, so that listing a batch opens one file and no pickle.

Append-only; the last line of a run wins. The folders are the truth: an index that is lost, torn or behind is rebuilt.
Beside it, ``configs.jsonl`` holds the configs once more, a checksum a line, for folders that were removed.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from pyexp._files import open_regular
from pyexp.config.encoding import decode_config
from pyexp.store import descriptors
from pyexp.store.summary import index_part
from pyexp.task import Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pyexp.config.config import Config
    from pyexp.task import RunState

_BREAK = re.compile(rb"\n *")
_STATE = re.compile(rb'"status": "(\w+)"(?:, "started": ([\d.e+]+))?(?:, "finished": ([\d.e+]+))?')


class RunRecord(NamedTuple):
    """One run, as the index tells it; a tuple, because ten thousand of them are made at once.

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

    @property
    def duration(self) -> float | None:
        """Seconds that its last attempt took; None until it has ended."""
        return None if self.started is None or self.finished is None else self.finished - self.started

    @classmethod
    def of(cls, folder: str, name: str, state: RunState) -> RunRecord:
        """What the index tells of the run in *folder*."""
        told = {key: getattr(state, key) for key in STATE_FIELDS if hasattr(state, key)}
        told |= {"error": first_line(state.error), "summary": index_part(state.summary)}
        commit = state.commits[-1] if state.commits else None
        return cls(folder, name, **told, commit=commit[:_COMMIT_LENGTH] if commit else None)


_COMMIT_LENGTH: Final = 12
STATE_FIELDS: Final = RunRecord._fields[2:]


def first_line(error: str | None) -> str | None:
    """The ``Type: message`` line of an error text."""
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


def load_index(path: Path) -> dict[str, RunRecord] | None:
    """Read the last state of each run by folder, or None when there is no usable index."""
    lines = _load_lines(path)
    if lines is None:
        return None
    try:
        return {line["run"]: _record(line) for line in lines}
    except (KeyError, ValueError, TypeError):
        return None


def load_last_states(path: Path) -> list[tuple[str, float | None, float | None]] | None:
    """Read status, start and end of each run, without parsing the rest of its line.

    None when there is no index, or a line in it that does not have the form that `Index` gives it.
    """
    try:
        lines = _last_lines(path.read_bytes())
    except OSError:
        return None
    # Quotes within a string of JSON bear a backslash: no name or error can look like this.
    found = _STATE.findall(b"\n".join(lines))
    if len(found) != len(lines):
        return None
    return [(status.decode(), _number(started), _number(finished)) for status, started, finished in found]


def keep_configs(path: Path, configs: Iterable[tuple[str, bytes]]) -> None:
    """Append the *configs*, each with its run's folder, as `encode_config` spells them."""
    lines = b"".join(_config_line(folder, encoded) for folder, encoded in configs)
    with open(path, "a+b", opener=_open_no_link) as file:
        # A torn last line is ended first.
        if file.seek(0, os.SEEK_END) and not _ends_line(file):
            lines = b"\n" + lines
        file.write(lines)


def load_kept_configs(path: Path) -> dict[str, Config]:
    """Read the configs in *path* by run folder; lines that are torn or altered are passed over."""
    try:
        with open_regular(path) as file:
            lines = file.read().splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        payload = b"{" + line[_HEAD_LENGTH:]
        if line[:_HEAD_LENGTH] == _head(payload):
            kept = decode_config(payload)
            found[kept["run"]] = kept["config"]
    return found


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _config_line(folder: str, encoded: bytes) -> bytes:
    # JSON has line breaks between its parts alone: in strings they are escaped.
    config = _BREAK.sub(b"", encoded)
    payload = b'{"run": ' + json.dumps(folder).encode() + b', "config": ' + config + b"}"
    return _head(payload) + payload[1:] + b"\n"


def _head(payload: bytes) -> bytes:
    return b'{"crc32": "%08x", ' % zlib.crc32(payload)


_HEAD_LENGTH: Final = len(_head(b""))


def _ends_line(file: IO[bytes]) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _load_lines(path: Path) -> list[dict[str, Any]] | None:
    """Read the last line of each run as it stands, or None when there is no index.

    What is torn or damaged is passed over.
    """
    try:
        data = path.read_bytes()
    except OSError:
        return None
    try:
        # One parse of the whole is several times faster than one per line.
        lines = json.loads(b"[" + b",".join(_last_lines(data)) + b"]")
    except ValueError:
        lines = list(_readable_lines(data))
    return list({line["run"]: line for line in lines if isinstance(line, dict) and "run" in line}.values())


# What a line leaves out where it is the default.
_OPTIONAL: Final = STATE_FIELDS[1:]
_DEFAULTS: Final = tuple(RunRecord._field_defaults[key] for key in _OPTIONAL)
_STATUSES = {status.value: status for status in Status}


def _record(line: dict[str, Any]) -> RunRecord:
    # By position: keywords take half as long again, and there are ten thousand.
    return RunRecord(line["run"], line["name"], _STATUSES[line["status"]], *map(line.get, _OPTIONAL, _DEFAULTS))  # type: ignore[arg-type]


def _line(record: RunRecord) -> bytes:
    fields: dict[str, Any] = {"run": record.folder, "name": record.name, "status": record.status.value}
    for key in _OPTIONAL:
        if value := getattr(record, key):
            fields[key] = value
    return json.dumps(fields).encode() + b"\n"


def _last_lines(data: bytes) -> list[bytes]:
    """The last whole line of each run: a line starts with its run, so that none has to be parsed."""
    return list({line.partition(b'", "')[0]: line for line in data[: data.rfind(b"\n") + 1].splitlines()}.values())


def _number(text: bytes) -> float | None:
    return float(text) if text else None


def _readable_lines(data: bytes) -> Iterable[Any]:
    for line in data.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue

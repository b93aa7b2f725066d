"""The records of an event file as protobuf messages, for programs that need everything in it. Owns that one call."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pyexp._files import open_regular
from pyexp.log.eventfile import codec
from pyexp.log.eventfile.framing import PREFIX_BYTES
from pyexp.log.eventfile.record_walk import Tail
from pyexp.log.eventfile.repair import require_ours
from pyexp.log.values.file_layout import EVENTS_NAME
from pyexp.log.values.parts import read_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyexp.log._pb.events_pb2 import Record


def load_messages(path: str | os.PathLike[str]) -> Iterator[Record]:
    """Yield the records of an event file, in the order in which they stand there, as messages of ``events.proto``.

    One record at a time is in memory, so that the file may be larger than protobuf allows for one message. What is
    torn or damaged is skipped, as a `LogReader` does, and so are merged blocks, which say once more what small ones
    said; what later attempts hide is yielded, too.

    Args:
        path: A run's folder, or its ``events.pb``.

    Raises:
        FileNotFoundError: There is no event file.
        LogError: The file is not an event file.
    """
    given = Path(path)
    file = given / EVENTS_NAME if given.is_dir() else given
    if not file.exists():
        raise FileNotFoundError(
            f"no {EVENTS_NAME} in {str(given)!r}: give the folder of a run that was logged with use_protobuf=True, or "
            "its file"
        )
    return _messages(file)


def _messages(path: Path) -> Iterator[Record]:
    from google.protobuf.message import DecodeError

    from pyexp.log._pb import events_pb2

    with open_regular(path, follow_links=True, buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        tail = Tail()
        for frame in tail.frames(file, size):
            if codec.head_kind(frame.head) == codec.MERGED:
                continue
            start = frame.offset + PREFIX_BYTES
            try:
                yield events_pb2.Record.FromString(read_at(file, start, frame.end - start))
            except DecodeError:  # its contents are damaged
                continue
        if not tail.offset:
            require_ours(path, file, size)

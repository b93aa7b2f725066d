"""The objects of one event file, read on demand: a run may have many of them and few scalars.

Owns their keys and the entries made of their heads. Contents are never read here.
"""

from __future__ import annotations

import os
from array import array
from typing import TYPE_CHECKING

from pyexp.log.eventfile import codec
from pyexp.log.eventfile.protobuf_wire import WireError
from pyexp.log.values.events import Entry, Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyexp.log.eventfile.framing import Frame
    from pyexp.log.eventfile.reading.known_file import KnownFile
    from pyexp.log.eventfile.reading.places import Places


class ObjectList:
    """Grows at the end as the file does.

    Attributes:
        keys: Of the objects, in the order in which they were logged.
        damaged: Keys of those whose heads cannot be read.
    """

    def __init__(self, file: KnownFile, places: Places) -> None:
        self.keys: array[int] = array("Q")
        self.damaged: set[int] = set()
        self._file = file
        self._places = places
        self._entries: list[Entry] = []  # of the first `_looked_at` keys
        self._looked_at = 0

    def entries(self) -> list[Entry]:
        """Return an entry for each object, reading the heads of those that are new.

        Raises:
            OSError: The file was removed or replaced meanwhile.
        """
        if self._looked_at < len(self.keys):
            self._look()
        return self._entries

    def entries_at(self, keys: Sequence[int]) -> list[Entry]:
        """Return the entries of the objects with these keys; see `entries`."""
        wanted = set(keys)
        return [entry for entry in self.entries() if entry.id in wanted] if wanted else []

    def _look(self) -> None:
        with self._file.open() as file:
            size = os.fstat(file.fileno()).st_size
            for key in self.keys[self._looked_at :]:
                try:
                    entry = self._make_entry(key, self._places.frame_of(file, size, key))
                except WireError:
                    self.damaged.add(key)
                else:
                    self._entries += [entry] if entry else []
        self._looked_at = len(self.keys)

    def _make_entry(self, key: int, frame: Frame | None) -> Entry | None:
        """Make an entry; None for an object of a kind that a later version added."""
        if frame is None:
            raise WireError("an object's head is damaged")
        head = codec.parse_object(frame.head)
        if head.kind is None:
            return None
        offsets = codec.part_offsets(frame.data_offset, (size for _, size, _ in head.parts))
        parts = [
            Part(media_type, size, self._file.path, offset, crc)
            for (media_type, size, crc), offset in zip(head.parts, offsets, strict=True)
        ]
        return Entry(
            kind=head.kind,
            tag=head.tag,
            iteration=head.iteration,
            time=head.time,
            interactive=head.interactive,
            parts=tuple(parts),
            id=key,
        )

"""Writing what is pending to the file, by batches. Owns what happens to one that cannot be written; knows no thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyexp.errors import LogError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyexp.log.queue.backlog import Backlog
    from pyexp.log.queue.sinks import Sink


def drain(backlog: Backlog, sink: Sink, settle: Callable[[Exception | None], None]) -> tuple[bool, Exception | None]:
    """Write what is pending; return whether there was something, and why some of it is dropped.

    Args:
        backlog: What is pending.
        sink: Where it goes.
        settle: Called after each batch, with the reason if it is dropped; takes it off the backlog.

    Raises:
        OSError: Nothing can be written now; what is not settled is kept.
    """
    is_something, reason = False, None
    for batch in backlog.batches():
        is_something, dropped = True, None
        try:
            sink.prepare(batch.points, batch.items)()
        except OSError:
            raise
        except Exception as error:  # one of its events: trying that again would always fail
            if len(batch.points) + len(batch.items) > 1:
                backlog.split()
                continue
            dropped = LogError(f"{len(batch):,} events of the tag {batch.tags[0]!r:.100} are dropped: {error}")
            dropped.__cause__ = error
        settle(dropped)
        reason = dropped or reason
    return is_something, reason

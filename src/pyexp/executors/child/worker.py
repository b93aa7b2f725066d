"""The whole life of a subprocess run. Started as a script; imports next to nothing until the task says what it needs.

Standard input is the mailbox: it brings the task and takes the report, and is the null device for the user's code.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyexp.task import Task


def main() -> None:
    """Take the task from the mailbox, execute it, leave the report, end."""
    # The folder of this file holds modules with the names that a user may import (`script`): it must not be searched.
    if not sys.flags.safe_path:
        del sys.path[0]
    mailbox_fd = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    import pickle

    with open(mailbox_fd, "r+b", buffering=0) as mailbox:
        parent, sys.path[:], registrations, payload = pickle.load(mailbox)
        from pyexp.executors.child.child import live

        live(mailbox, parent, lambda: _unpack(payload, registrations))


def _unpack(payload: bytes, registrations: bytes) -> Task:
    import pickle

    if registrations:
        from pyexp.config import registry

        for name, entry in pickle.loads(registrations).items():
            registry.adopt(name, entry)
    task: Task = pickle.loads(payload)
    return task


if __name__ == "__main__":
    main()

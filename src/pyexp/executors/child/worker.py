"""The whole life of a subprocess run. Started as a script; imports next to nothing until the task says what it needs.

Standard input is the mailbox: it brings the task and takes the report, and is the null device for the user's code.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Take the task from the mailbox, execute it, leave the report, end."""
    # The folder of this file holds modules with the names that a user may import (`script`): it must not be searched.
    if not sys.flags.safe_path:
        del sys.path[0]
    if sys.platform != "win32" and os.getsid(0) != os.getpid():
        os.setsid()
    mailbox_fd = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    import pickle

    with open(mailbox_fd, "r+b", buffering=0) as mailbox:
        parent, sys.path[:] = pickle.load(mailbox)
        from pyexp.executors.child.child import live, prepare_process, prepare_streams
        from pyexp.executors.child.payload import take_task

        code_and_task = pickle.load(mailbox)
        prepare_process(parent)
        prepare_streams()
        live(mailbox, lambda: take_task(*code_and_task))


if __name__ == "__main__":
    main()

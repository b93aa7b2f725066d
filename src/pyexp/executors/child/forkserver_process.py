"""The program of a fork server. Started as a script; imports nothing of the library until it knows where that is.

Standard input is the socket to the parent, and is the null device for the user's code.
"""

from __future__ import annotations

import os
import socket
import sys

assert sys.platform != "win32"


def main() -> None:
    """Take the package from the parent, serve, end."""
    # The folder of this file holds modules with the names that a user may import: it must not be searched.
    if not sys.flags.safe_path:
        del sys.path[0]
    connection = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    _, descriptors, _, _ = socket.recv_fds(connection, 1, 1)
    if not descriptors:  # the parent is gone
        return
    import pickle

    os.set_inheritable(descriptors[0], False)
    with open(descriptors[0], "r+b", buffering=0) as package:
        sys.path[:], content = pickle.loads(package.read())
        from pyexp.executors.child.forkserver import serve

        serve(connection, package, content)


if __name__ == "__main__":
    main()

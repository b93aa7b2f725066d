"""What a run's process finds in its mailbox: the user's code, packed once a batch, and its task."""

from __future__ import annotations

import io
import os
import pickle
import sys
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

from pyexp._record import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyexp.code.origin import CodeOrigin
    from pyexp.code.unpacking import MadeScript
    from pyexp.task import Task

# What is no longer than this goes with each task; the rest has a file, which few runs open.
_SHORT_BYTES = 1 << 20


class SealedBody:
    """Stands for the body in a task's pickle: it comes with the user's code."""

    is_async = False

    def __call__(self, run: Any) -> Any:
        """Never called: the body has taken its place."""
        raise NotImplementedError


@contextmanager
def kept_joint(joint: bytes) -> Iterator[bytes | str]:
    """Yield the joint pickle as a payload takes it: itself, or the path of a file that exists inside of the block."""
    if len(joint) <= _SHORT_BYTES:
        yield joint
        return
    import tempfile

    descriptor, path = tempfile.mkstemp(prefix="pyexp-", suffix=".pkl")
    try:
        with open(descriptor, "wb") as file:
            file.write(joint)
        yield path
    finally:
        with suppress(OSError):
            os.unlink(path)


def make_payload(
    parent: int, path: Sequence[str], *, code: CodeOrigin, package: bytes, joint: bytes | str, task: Task
) -> bytes:
    """Pack what `worker` reads.

    Args:
        parent: The process with which the run's ends.
        path: The run's ``sys.path``.
        code: Where the user's code comes from.
        package: The user's code itself (see `pyexp.code`).
        joint: What belongs to it, from `kept_joint`.
        task: The task; its body comes with *package*.
    """
    light = pickle.dumps(replace(task, body=SealedBody()))
    # The path by itself: this library may be found by it alone.
    return pickle.dumps((parent, list(path))) + pickle.dumps((code, package, joint, light))


def make_script(code: CodeOrigin, package: bytes, joint: bytes | str) -> MadeScript:
    """Make the user's script in this process.

    Args:
        code: Where the user's code comes from.
        package: The user's code itself.
        joint: What belongs to it, from `kept_joint`.

    Raises:
        BaseException: Whatever the top of the script raises.
    """
    from pyexp.code.unpacking import MadeScript

    code.enter()
    path = list(sys.path)
    made = MadeScript(pickle.loads(package), lambda: _open(joint))
    sys.path[:] = path  # as the parent has it now: the top has put its folders there once more
    return made


def take_task(code: CodeOrigin, package: bytes, joint: bytes | str, task: bytes) -> Task:
    """Make the script, then the task.

    Raises:
        BaseException: Whatever the top of the script raises.
    """
    made = make_script(code, package, joint)
    sealed: Task = pickle.loads(task)
    return replace(sealed, body=made.take_body())


def _open(joint: bytes | str) -> IO[bytes]:
    return io.BytesIO(joint) if isinstance(joint, bytes) else open(joint, "rb")

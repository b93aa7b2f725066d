"""Forking: what a process must not contain when its runs are forked from it, and the fork without its warning.

Knows threads, OpenMP pools and CUDA. Knows no executor: the caller says where the process is and what to do about it.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections import Counter
from contextlib import suppress
from typing import Final

# Threads of common tools that forking gets along with, and of the loop's library.
from pyexp._cpython import frame_of_thread, is_foreign, is_loop_running
from pyexp._loaded import find_loaded

_TOOLS: Final = frozenset(
    {"pyexp", "ipykernel", "IPython", "zmq", "tqdm", "debugpy", "pydevd", "_pydevd_bundle", "xdist", "execnet"}
)
_POOLS: Final = frozenset({"anyio", "concurrent"})
_OWN: Final = frozenset({"anyio", "pyexp"})
# Packages that may have started the native threads; the first that is loaded is the most likely.
_SUSPECTS: Final = ("torch", "sklearn", "tensorflow", "jax", "xgboost", "lightgbm", "faiss", "cv2", "numba", "scipy")
# Threads of the GPU's driver and of jemalloc, by the names that they give themselves. CUDA is found by its devices.
_DISPENSABLE: Final = ("cuda", "jemalloc")
_SHOWN_THREADS: Final = 3
_MAPS: Final = "/proc/self/maps"
_ONE_THREAD: Final = "OMP_NUM_THREADS=1 or torch.set_num_threads(1) before its first use leaves none"
_CUDA: Final = (
    "an initialised CUDA (torch.cuda.is_available() initialises it unless PYTORCH_NVML_BASED_CUDA_CHECK=1 is set)"
)


def fork() -> int:
    """Fork without the warnings about threads (Python's, jax's): the caller has reported hazards in more detail."""
    if sys.platform == "win32":
        raise NotImplementedError
    with warnings.catch_warnings():
        # Were it an error, the child would live on while its parent does not know its pid.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        return os.fork()


def find_hazards(*, has_loop: bool) -> list[str]:
    """Return what this process contains that a forked child cannot use, or may deadlock on; a phrase each.

    Args:
        has_loop: The loop that runs in this thread is expected there.
    """
    threads = _other_threads()
    found = [f"{_quoted(threads)} (Python threads that may hold locks)"] if threads else []
    # A thread that computes would keep the probe from exiting; it is named already.
    found += [] if threads else _surviving_pools()
    if _is_cuda_initialised():
        found.append(_CUDA)
    if not has_loop and is_loop_running():
        found.append("a running event loop")
    return found


def _other_threads() -> list[str]:
    """Return the names of the Python threads except this, the main thread, those of tools, and idle ones of pools."""
    known = (threading.current_thread(), threading.main_thread())
    return [
        thread.name
        for thread in threading.enumerate()
        if thread not in known
        and not is_foreign(thread)
        and not _origins(thread) & _TOOLS
        and not (_origins(thread) & _POOLS and _is_idle(thread))
    ]


def _origins(thread: threading.Thread) -> set[str]:
    """Return the packages that the thread's class and its function come from."""
    modules = (type(thread).__module__, getattr(getattr(thread, "_target", None), "__module__", None) or "")
    return {module.partition(".")[0] for module in modules}


def _is_idle(thread: threading.Thread) -> bool:
    """Return whether the worker of a pool executes only the pool's own code, or pyexp's."""
    frame = frame_of_thread(thread.ident)
    while frame is not None:
        package = str(frame.f_globals.get("__name__")).partition(".")[0]
        if package not in sys.stdlib_module_names and package not in _OWN:
            return False
        frame = frame.f_back
    return True


def _surviving_pools() -> list[str]:
    """Return phrases for the threads that Python did not start and a fork does not end (Linux).

    Those of OpenBLAS, and those that torch starts when it is imported, end at a fork; those of a used OpenMP pool stay
    on, and their copies are missing in the child. So a child that exits at once is forked, then they are counted.
    """
    if sys.platform != "linux" or not _native_threads():
        return []
    pid = fork()
    if pid == 0:
        os._exit(0)
    with suppress(ChildProcessError):  # the application waits for every child that it has
        os.waitpid(pid, 0)
    threads = _native_threads()
    # A pool of OpenMP does not name its threads: they are called as the process is.
    count = threads.pop(_thread_name(os.getpid()), 0)
    plural = "s" if count > 1 else ""
    pool = f"{count} native thread{plural} that an OpenMP pool, once used, leaves ({_suspected()}{_ONE_THREAD})"
    return [pool] * bool(count) + ([f"threads of a library ({_quoted(sorted(threads))})"] if threads else [])


def _native_threads() -> Counter[str]:
    """Count the threads that Python did not start, by name, without those that a forked child can do without."""
    known = {thread.native_id for thread in threading.enumerate()}
    try:
        names = [_thread_name(int(entry)) for entry in os.listdir("/proc/self/task") if int(entry) not in known]
    except OSError:  # without /proc
        names = []
    return Counter(name for name in names if name and not name.startswith(_DISPENSABLE))


def _thread_name(thread: int) -> str:
    """Return what the kernel calls the thread of this process; nothing when it has ended."""
    with suppress(OSError), open(f"/proc/self/task/{thread}/comm", encoding="utf-8", errors="replace") as file:
        return file.read().rstrip("\n")
    return ""


def _suspected() -> str:
    loaded = [name for name in _SUSPECTS if name in sys.modules]
    return f"{' or '.join(loaded[:2])}, perhaps; " if loaded else ""


def _is_cuda_initialised() -> bool:
    """Return whether a library has opened the driver to compute, or torch says so.

    The driver maps its devices; NVML, which only asks, has them open but does not map them.
    """
    with suppress(OSError), open(_MAPS, encoding="utf-8", errors="replace") as file:
        if any("/dev/nvidia" in line for line in file):
            return True
    cuda = find_loaded("torch.cuda", "is_initialized")
    return cuda is not None and bool(cuda.is_initialized())


def _quoted(names: list[str]) -> str:
    listed = ", ".join(map(repr, names[:_SHOWN_THREADS]))
    more = f" and {len(names) - _SHOWN_THREADS} more" if len(names) > _SHOWN_THREADS else ""
    return listed + more

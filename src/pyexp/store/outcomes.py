"""A run's ``result.pkl``: written whole by the process that made the value, checked and read by all others.

The file exists exactly when the run passed. Its digest is in ``status.json``.
"""

from __future__ import annotations

import io
import os
import pickle
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from pyexp._cpython import short_sha256
from pyexp._files import open_atomic, open_regular
from pyexp.errors import DamagedFileError, UnpicklableError

if TYPE_CHECKING:
    from pathlib import Path

    from pyexp.store.layout import RunPaths

_CHUNK_BYTES = 1 << 20
_SHORT_BYTES = 1 << 16
_READ_BACK_BYTES = 256 << 20
_ATOMS = frozenset({int, float, str, bytes, bool, complex, type(None)})
_CONTAINERS = frozenset({dict, list, tuple, set, frozenset})
_MOST_CONTAINERS = 100_000
_MAIN = "__main__"


def save_result(path: Path, value: Any) -> str:
    """Pickle *value* into *path*, durably and whole, and return the file's digest.

    Plain pickle is tried first, which names classes; what has no name (lambdas, classes of a function) goes by value.
    What holds more than plain values is read back before the file is in place, up to 256 MB.

    Raises:
        UnpicklableError: The value cannot be pickled, or not be read back; the message names the attribute or key.
        OSError: The disk is full, or the folder not writable.
    """
    try:
        return _save(path, value, pickle.Pickler)
    except OSError:
        raise
    except Exception as plain:  # a __reduce__ may raise anything
        import cloudpickle

        try:
            return _save(path, value, cloudpickle.Pickler)
        except OSError:
            raise
        except Exception as error:
            is_unreadable = isinstance(error, _UnreadableError)
            fault = "cannot be read back once pickled" if is_unreadable else "cannot be pickled"
            reason = str(error) if is_unreadable else f"{type(error).__name__}: {error}"
            raise UnpicklableError(
                f"the result {fault}: {_culprit(value)} ({reason}); leave it out of what the run returns, "
                f"or save it in config.out",
            ) from plain


def check_result(path: Path, digest: str | None) -> bool:
    """Return whether *path* is a regular file with this *digest* (any readable pickle when there is no digest)."""
    try:
        with open_regular(path) as file:
            if digest is not None:
                return _digest(file) == digest
            pickle.load(file)
    except OSError:
        return False
    except Exception as error:  # a truncated or altered pickle may raise anything
        return isinstance(error, (ImportError, AttributeError)) and _ends_whole(path)
    return True


def digest_of(path: Path) -> str:
    """Return ``sha256:<hex>`` of the file *path*, read in pieces."""
    with open_regular(path) as file:
        return _digest(file)


def load_result(path: Path, digest: str | None, *, main: str = _MAIN) -> Any:
    """Unpickle the result in *path*.

    Args:
        path: The file.
        digest: Its digest, from the run's status; None when that is lost.
        main: The module that was, or is, the script: what the result names in ``__main__`` is looked up there first.

    Raises:
        FileNotFoundError: The run has not passed.
        DamagedFileError: The file is not the one that the run wrote, or what it needs is gone.
    """
    with open_regular(path) as file:
        _verify(path, file, digest)
        file.seek(0)
        try:
            return _Unpickler(file, main).load()
        except Exception as error:
            raise DamagedFileError(f"{path} cannot be unpickled: {type(error).__name__}: {error}") from error


def verify_result(path: Path, digest: str | None) -> None:
    """Check that *path* holds what the run wrote, without opening the pickle.

    Raises:
        FileNotFoundError: The run has not passed.
        DamagedFileError: The file does not have this *digest*.
    """
    with open_regular(path) as file:
        _verify(path, file, digest)


def _verify(path: Path, file: IO[bytes], digest: str | None) -> None:
    if digest is not None and (found := _digest(file)) != digest:
        raise DamagedFileError(
            f"{path} was altered or cut since the run wrote it ({found[:19]}…, expected {digest[:19]}…): "
            f"continue the batch to run it again",
        )


def set_aside(path: Path, corrupt: Path) -> None:
    """Move a damaged result out of the way of its run; in a folder that is a link, nothing is touched."""
    if not os.path.islink(path.parent):
        os.replace(path, corrupt)


def keep_previous(paths: RunPaths) -> None:
    """Set aside what a run has, so that it is run again from its beginning: whenever this is cut off, it has a result.

    What was set aside before is kept where the run has got no result since.
    """
    if paths.root.is_symlink():
        return
    if paths.checkpoints.is_dir():
        is_stale = os.path.lexists(paths.result) or not os.path.lexists(paths.previous_checkpoints)
        if is_stale:
            _remove(paths.previous_checkpoints)
            os.rename(paths.checkpoints, paths.previous_checkpoints)
        else:
            _remove(paths.checkpoints, may_fail=False)
    with suppress(FileNotFoundError):
        os.replace(paths.result, paths.previous_result)


def drop_previous(paths: RunPaths) -> None:
    """Remove what was set aside: the run has a new result."""
    has_result, has_checkpoints = map(os.path.lexists, (paths.previous_result, paths.previous_checkpoints))
    if not (has_result or has_checkpoints) or os.path.islink(paths.root):
        return
    if has_result:
        with suppress(FileNotFoundError):
            os.unlink(paths.previous_result)
    if has_checkpoints:
        _remove(paths.previous_checkpoints)


def _remove(folder: Path, *, may_fail: bool = True) -> None:
    import shutil  # not at the top: the process of a run imports this module, and never needs it

    shutil.rmtree(folder, ignore_errors=may_fail)


class _HashingWriter(io.RawIOBase):
    """A writer that passes everything on to *file* and hashes it on the way, so that the file is not read again."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = _Sha256()

    def write(self, data: Any) -> int:
        self._hash.update(data)
        return self._file.write(data)

    def digest(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"


class _Sha256:
    """Hashes what comes in pieces."""

    def __init__(self) -> None:
        self._short = b""
        self._hash: Any = None

    def update(self, data: Any) -> None:
        if self._hash is None:
            self._short += data
            if len(self._short) <= _SHORT_BYTES:
                return
            import hashlib

            self._hash, data = hashlib.sha256(), self._short
        self._hash.update(data)

    def hexdigest(self) -> str:
        found = short_sha256(self._short) if self._hash is None else self._hash
        digest: str = found.hexdigest()
        return digest


class _Unpickler(pickle.Unpickler):
    """An unpickler that finds the classes of a script also where it was imported."""

    def __init__(self, file: IO[bytes], main: str) -> None:
        super().__init__(file)
        self._main = main

    def find_class(self, module: str, name: str) -> Any:
        if module == _MAIN != self._main:
            with suppress(ImportError, AttributeError):
                return super().find_class(self._main, name)
        return super().find_class(module, name)


class _UnreadableError(Exception):
    """A value that was pickled, and whose pickle cannot be opened."""


def _save(path: Path, value: Any, pickler: Any) -> str:
    with open_atomic(path, durable=True) as file:
        writer = _HashingWriter(file)
        pickler(writer, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
        if file.tell() <= _READ_BACK_BYTES and not _is_plain(value):
            file.flush()
            _read_back(file.fileno())
    return writer.digest()


def _read_back(descriptor: int) -> None:
    """Open the pickle that was just written.

    Raises:
        _UnreadableError: It cannot be opened.
    """
    with open(os.dup(descriptor), "rb") as file:
        file.seek(0)
        try:
            pickle.load(file)
        except Exception as error:  # a __setstate__ or __init__ may raise anything
            raise _UnreadableError(f"{type(error).__name__}: {error}") from error


def _is_plain(value: Any) -> bool:
    """Return whether *value* holds only containers, numbers, text and NumPy arrays, which can always be read back."""
    left = [value]
    seen: set[int] = set()
    while left:
        part = left.pop()
        kind = type(part)
        if kind in _ATOMS or (
            kind.__module__ == "numpy" and not getattr(getattr(part, "dtype", None), "hasobject", True)
        ):
            continue
        if kind not in _CONTAINERS or len(seen) > _MOST_CONTAINERS:
            return False
        if id(part) not in seen:
            seen.add(id(part))
            left += [*part.keys(), *part.values()] if kind is dict else part
    return True


def _digest(file: IO[bytes]) -> str:
    found = _Sha256()
    while chunk := file.read(_CHUNK_BYTES):
        found.update(chunk)
    return f"sha256:{found.hexdigest()}"


def _ends_whole(path: Path) -> bool:
    """Return whether a pickle whose classes are gone at least ends like a pickle."""
    with open_regular(path) as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == pickle.STOP


def _culprit(value: Any, path: str = "result", depth: int = 0) -> str:
    """Return where in *value* the part is that cannot be pickled."""
    if depth < 20:  # noqa: PLR2004 — deep enough for any value that a person would inspect
        for step, part in _parts(value):
            if not _is_picklable(part):
                return _culprit(part, path + step, depth + 1)
    return f"{path} is a {type(value).__qualname__}"


def _parts(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [(f"[{key!r}]", part) for key, part in value.items()]
    if isinstance(value, (list, tuple)):
        return [(f"[{index}]", part) for index, part in enumerate(value)]
    return [(f".{name}", part) for name, part in getattr(value, "__dict__", {}).items()]


def _is_picklable(value: Any) -> bool:
    """Return whether *value* can be pickled and read back."""
    import cloudpickle

    try:
        pickle.loads(cloudpickle.dumps(value))
    except Exception:  # that it raises is the answer
        return False
    return True

"""What a call may bring: tags, iterations, scalars. Owns the refusals and their messages; knows not what follows."""

from __future__ import annotations

from operator import index
from typing import Any, Final

from pyexp.log.events import MAX_ITERATION, MIN_ITERATION
from pyexp.log.file_names import file_name

_MAX_PART_BYTES: Final = 200


def check_tag(tag: object) -> None:
    """Refuse what is no tag.

    Raises:
        TypeError: It is no string.
        ValueError: It cannot be written as UTF-8.
    """
    if not isinstance(tag, str):
        raise TypeError(f"a tag must be a string; found {tag!r} of type {type(tag).__name__}")
    try:
        tag.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"the tag {tag!r} cannot be stored as UTF-8 ({error.reason}); take another name") from error


def to_iteration(value: Any) -> int:
    """Convert what `Logger.set_global_it` accepts.

    Raises:
        TypeError: It is no integer.
        ValueError: It does not fit in 64 bits.
    """
    number = index(value)
    if not MIN_ITERATION <= number <= MAX_ITERATION:
        raise ValueError(f"the iteration {number} does not fit in 64 bits")
    return number


def to_float(tag: object, value: Any) -> float:
    """Convert what `Logger.add_scalar` accepts.

    Raises:
        TypeError: It is no number.
    """
    kind = type(value)
    if not isinstance(value, (str, bytes, bytearray)) and (hasattr(kind, "__float__") or hasattr(kind, "__index__")):
        try:
            return float(value)
        except Exception as error:
            raise TypeError(f"the scalar {tag!r} must be one number; found a {kind.__name__}: {error}") from error
    raise TypeError(f"the scalar {tag!r} must be a number; found {value!r:.100} of type {kind.__name__}")


def check_path_tag(tag: object) -> None:
    """Refuse a tag that, taken as a relative path, would leave the run's folder.

    Raises:
        TypeError: It is no string.
        ValueError: It would leave the folder, or some part is too long for a file's name.
    """
    check_tag(tag)
    pieces = str(tag).replace("\\", "/").split("/")
    if any(piece.strip() in ("", ".", "..") or "\0" in piece for piece in pieces) or pieces[0][1:2] == ":":
        raise ValueError(
            f"the tag {tag!r} would leave the run's folder: take a name without empty parts, '.', '..', a drive or a "
            "leading '/'; groups are made by 'group/name'"
        )
    if any(len(name.encode()) > _MAX_PART_BYTES for name in file_name(str(tag)).split("/")):
        raise ValueError(f"a part of the tag {tag!r:.60} has over {_MAX_PART_BYTES} bytes, too many for a file's name")

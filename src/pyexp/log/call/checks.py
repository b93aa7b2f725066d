"""What a call may be given: tags, iterations, scalars. Owns the refusals and their messages; knows no queue."""

from __future__ import annotations

from operator import index
from typing import Any, Final

from pyexp.log.jsonlines.file_names import file_name
from pyexp.log.values.events import MAX_ITERATION, MIN_ITERATION

_MAX_PART_BYTES: Final = 200
_MAX_NAME_BYTES: Final = 1000
_NO_NUMBERS: Final = tuple("SUVcmM")  # NumPy's kinds of strings, raw bytes, complex numbers and times


def check_tag(tag: object) -> None:
    """Refuse what is not a tag.

    Raises:
        TypeError: It is not a string.
        ValueError: It cannot be written as UTF-8.
    """
    if not isinstance(tag, str):
        raise TypeError(f"a tag must be a string; found {tag!r} of type {type(tag).__name__}")
    try:
        tag.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"the tag {tag!r} cannot be stored as UTF-8 ({error.reason}); choose another name") from error


def to_iteration(value: Any, subject: str = "the iteration") -> int:
    """Convert what `Logger.set_global_it` and steps accept; *subject* begins the messages.

    Raises:
        TypeError: It is not an integer.
        ValueError: It does not fit in 64 bits.
    """
    try:
        number = index(value)
    except TypeError:
        raise TypeError(
            f"{subject} must be an integer; found {value!r:.100} of type {type(value).__name__}: give `int(it)`"
        ) from None
    if not MIN_ITERATION <= number <= MAX_ITERATION:
        raise ValueError(f"{subject} {number} does not fit in 64 bits")
    return number


def to_bool(name: str, value: Any) -> bool:
    """Convert a switch; a number is refused, which is a step for users of TensorBoard.

    Raises:
        TypeError: It is a number.
    """
    kind = type(value)
    if kind.__name__ not in ("bool", "bool_") and (hasattr(kind, "__index__") or hasattr(kind, "__float__")):
        raise TypeError(f"{name} must be True or False; found {value!r:.100}: a step is given as `step={value!r:.100}`")
    return bool(value)


def to_float(tag: object, value: Any) -> float:
    """Convert what `Logger.add_scalar` accepts.

    Raises:
        TypeError: It is not a number.
    """
    kind = type(value)
    try:
        if isinstance(value, (int, float)):
            return float(value)
        if _is_number(value):
            value = value.detach() if hasattr(value, "detach") else value  # PyTorch warns of a gradient that is dropped
            return float(value.item() if getattr(value, "ndim", 0) else value)  # an array of one number
    except Exception as error:
        raise TypeError(f"the scalar {tag!r} must be one number; found a {kind.__name__}: {error}") from error
    raise TypeError(f"the scalar {tag!r} must be a number; found {value!r:.100} of type {kind.__name__}")


def _is_number(value: Any) -> bool:
    """Return whether this is a number, which NumPy's strings, though convertible, are not."""
    kind = type(value)
    if isinstance(value, (str, bytes, bytearray)) or getattr(getattr(value, "dtype", None), "kind", "") in _NO_NUMBERS:
        return False
    return hasattr(kind, "__float__") or hasattr(kind, "__index__")


def check_path_tag(tag: object) -> None:
    """Refuse a tag that, taken as a relative path, would leave the run's folder or would not be a file in it.

    Raises:
        TypeError: It is not a string.
        ValueError: It would leave the folder, or is too long for a file name.
    """
    check_file_tag(tag)
    if tag == "" or {".", ".."} & set(str(tag).split("/")) or str(tag).startswith("/"):
        raise ValueError(
            f"the tag {tag!r} would leave the run's folder: choose a name without the parts '.' and '..' and without a "
            "leading '/'; groups are made by 'group/name'"
        )


def check_file_tag(tag: object) -> None:
    """Refuse a tag that cannot be used as a file name.

    Raises:
        TypeError: It is not a string.
        ValueError: It is too long.
    """
    check_tag(tag)
    name = file_name(str(tag))
    if any(len(part.encode()) > _MAX_PART_BYTES for part in name.split("/")):
        raise ValueError(f"a part of the tag {tag!r:.60} has over {_MAX_PART_BYTES} bytes, too many for a file name")
    if len(name.encode()) > _MAX_NAME_BYTES:
        raise ValueError(f"the tag {tag!r:.60} has over {_MAX_NAME_BYTES} bytes, too many for a file path")

"""Images as PNG, from arrays, PIL images and files. Owns shapes and number ranges, and writing PNG."""

from __future__ import annotations

import os
import struct
import warnings
import zlib
from io import BytesIO
from typing import Any

from pyexp._cpython import calling_frame
from pyexp._optional import import_extra
from pyexp.log.call.arrays import to_array
from pyexp.log.kinds import GIF, JPEG, PNG, WEBP
from pyexp.log.values.events import Content

_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": PNG.name,
    b"\xff\xd8\xff": JPEG.name,
    b"GIF8": GIF.name,
}
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # PNG's number for so many channels
_MATRIX, _CUBE = 2, 3
_AXES = {  # of each format: where height, width and channels are
    "HWC": (0, 1, 2),
    "CHW": (1, 2, 0),
    "WHC": (1, 0, 2),
    "CWH": (2, 1, 0),
    "HW": (0, 1),
    "WH": (1, 0),
}
_STORABLE_MODES = {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}  # PIL's names of what a PNG can hold
_MAX_BYTE, _MAX_PAIR = 255, 65535


def encode(tag: str, image: Any, dataformats: str | None = None) -> Content:
    """Return an image as the bytes of a picture file.

    Without *dataformats* an array is HWC, or CHW where only that has 1 to 4 channels.

    Raises:
        TypeError: It is not an image.
        ValueError: An array of another shape, or a file of an unknown kind.
        OSError: The file cannot be read.
    """
    if isinstance(image, (str, os.PathLike)):
        return _read(tag, image)
    if hasattr(image, "save") and hasattr(image, "mode"):
        buffer = BytesIO()
        _storable(image).save(buffer, format="PNG")
        return Content(PNG.name, buffer.getvalue())
    if hasattr(image, "__array__") or isinstance(image, (list, tuple)):
        return Content(PNG.name, _encode_array(tag, image, dataformats))
    raise TypeError(
        f"the image {tag!r} must be an array, a PIL image or the path of a picture; found {type(image).__name__}"
    )


def media_type_of(data: bytes) -> str | None:
    """Return which kind of picture file this is, by its first bytes; None for an unknown one."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP.name
    return next((media_type for signature, media_type in _SIGNATURES.items() if data.startswith(signature)), None)


def _read(tag: str, path: str | os.PathLike[str]) -> Content:
    with open(path, "rb") as file:
        data = file.read()
    media_type = media_type_of(data)
    if media_type is None:
        raise ValueError(f"the image {tag!r}: {os.fspath(path)!r} is not a PNG, JPEG, GIF or WebP file")
    return Content(media_type, data)


def _storable(image: Any) -> Any:
    """Return a PIL image in a mode that a PNG can hold."""
    if image.mode in _STORABLE_MODES:
        return image
    if image.mode.startswith(("I", "F")):  # one number per pixel
        return image.convert("I;16" if image.mode == "I" and image.getextrema()[1] > _MAX_BYTE else "L")
    return image.convert("RGBA" if image.mode in ("PA", "La", "RGBa") else "RGB")


def _encode_array(tag: str, image: Any, dataformats: str | None) -> bytes:
    array = to_array(image, "logging an array as an image")
    likely = _likely_axes(array.shape)
    axes = likely if dataformats is None else dataformats
    if axes not in _AXES:
        known = ", ".join(map(repr, _AXES))
        raise ValueError(f"the image {tag!r}: dataformats must be one of {known}; found {axes!r}")
    pixels = _upright(array, axes)
    if pixels is None or pixels.shape[2] not in _COLOUR_TYPES or not pixels.size:
        hint = f'; its shape is that of dataformats="{likely}"' if likely != axes else ""
        raise ValueError(f"the image {tag!r} has the shape {array.shape}; expected {axes} with 1 to 4 channels{hint}")
    return _png(_to_bytes(tag, pixels))


def _likely_axes(shape: tuple[int, ...]) -> str:
    """Return the order that an array of this shape has most likely."""
    if len(shape) != _CUBE:
        return "HWC" if len(shape) != _MATRIX else "HW"
    return "CHW" if shape[2] not in _COLOUR_TYPES and shape[0] in _COLOUR_TYPES else "HWC"


def _upright(array: Any, dataformats: str) -> Any | None:
    """Return the array as height, width and channels; None when it has another number of axes."""
    axes = dataformats.replace("C", "") if array.ndim == _MATRIX else dataformats
    if array.ndim != len(axes):
        return None
    array = array.transpose(_AXES[axes])
    return array[:, :, None] if array.ndim == _MATRIX else array


def _to_bytes(tag: str, array: Any) -> Any:
    """Return pixels of 0…255, of floats 0…1, of integers 0…255, of 16 bits without a sign 0…65535."""
    numpy = import_extra("numpy", "analysis", "logging an array as an image")
    if array.dtype.kind == "f":
        array = numpy.rint(numpy.nan_to_num(array.astype("float64"), posinf=2.0, neginf=-1.0) * _MAX_BYTE)
    elif array.dtype == "uint16":
        array = numpy.rint(array / _MAX_PAIR * _MAX_BYTE)
    elif array.dtype.kind == "b":
        array = array * _MAX_BYTE
    elif array.dtype.kind not in "iu":
        raise TypeError(f"the image {tag!r} holds {array.dtype}; expected integers 0…255 or floats 0…1")
    clipped = array.clip(0, _MAX_BYTE)
    if (clipped != array).any():
        _warn(
            f"the image {tag!r} has values out of range, which are cut off: expected floats 0…1, integers 0…255 or "
            "uint16; convert what is 0…255 to uint8"
        )
    return clipped.astype("uint8")


def _warn(message: str) -> None:
    """Warn of the call in the user's code, however deep below it this is."""
    frame, level = calling_frame(), 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "pyexp":
        frame, level = frame.f_back, level + 1
    warnings.warn(message, stacklevel=level)


def _png(pixels: Any) -> bytes:
    """Write 8-bit pixels as PNG (https://www.w3.org/TR/png/), rows unfiltered."""
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )

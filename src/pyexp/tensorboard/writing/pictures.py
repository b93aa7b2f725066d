"""Pictures as tensors: batches arranged in rows, boxes drawn. Owns the order of axes; what an image is, `log` knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyexp._optional import import_extra
from pyexp.log import to_array

if TYPE_CHECKING:
    from types import ModuleType

_PURPOSE = "logging a batch of images, or boxes in one"
_PER_ROW = 8  # as with the others
_GREY, _RED = 1, 0  # channels


def arrange(tag: str, batch: Any, dataformats: str) -> Any:
    """Return a batch as one array HWC, eight pictures in a row.

    Args:
        tag: Named in errors.
        batch: An array or tensor, or a list of them.
        dataformats: Order of the axes: N, H, W and, where there are channels, C; N may be missing for a list.

    Raises:
        ValueError: The axes are different ones.
    """
    numpy = import_extra("numpy", "analysis", _PURPOSE)
    axes = dataformats.upper()
    if isinstance(batch, (list, tuple)):
        batch = [to_array(picture, _PURPOSE) for picture in batch]
        axes = axes if "N" in axes else f"N{axes}"
    pictures = _ordered(numpy, to_array(batch, _PURPOSE), axes, "NHWC")
    if pictures is None or not pictures.size:
        raise ValueError(
            f"the images {tag!r} have the shape {numpy.shape(batch)} as {dataformats!r}; expected NCHW, NHWC or NHW"
        )
    count, height, width, channels = pictures.shape
    columns = min(count, _PER_ROW)
    rows = -(-count // columns)
    grid = numpy.zeros((rows * columns, height, width, channels), pictures.dtype)
    grid[:count] = pictures
    grid = grid.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return grid.reshape(rows * height, columns * width, channels)


def draw_boxes(tag: str, image: Any, boxes: Any, dataformats: str) -> Any:
    """Return an image as an array HWC with red frames along boxes, each of them left, top, right and bottom.

    Raises:
        ValueError: The axes are not those of an image, or the boxes are not boxes.
    """
    numpy = import_extra("numpy", "analysis", _PURPOSE)
    pixels = _ordered(numpy, to_array(image, _PURPOSE), dataformats.upper(), "HWC")
    corners = to_array(boxes, _PURPOSE).astype(float)
    corners = corners.reshape(0, 4) if not corners.size else corners  # `[]` has one axis
    if pixels is None or corners.ndim != 2 or corners.shape[1] != 4:  # noqa: PLR2004
        raise ValueError(
            f"the image {tag!r} has the shape {numpy.shape(image)} as {dataformats!r} and boxes of the shape "
            f"{corners.shape}; expected HWC, CHW or HW, and one row of four numbers per box"
        )
    pixels = numpy.repeat(pixels, 3, axis=2) if pixels.shape[2] == _GREY else pixels.copy()
    last = (pixels.shape[1] - 1, pixels.shape[0] - 1) * 2
    red = numpy.zeros(pixels.shape[2], pixels.dtype)
    red[[_RED, *range(3, pixels.shape[2])]] = 1 if pixels.dtype.kind == "f" else 255
    for left, top, right, bottom in numpy.rint(corners).clip(0, last).astype(int):
        pixels[top : bottom + 1, [left, right]] = red
        pixels[[top, bottom], left : right + 1] = red
    return pixels


def _ordered(numpy: ModuleType, array: Any, axes: str, order: str) -> Any:
    """Return the array with its axes in this order, with one for channels; None if that is impossible."""
    if array.ndim == len(axes) and "C" not in axes:
        array, axes = array[..., numpy.newaxis], f"{axes}C"
    if sorted(axes) != sorted(order) or array.ndim != len(axes):
        return None
    return array.transpose([axes.index(axis) for axis in order])

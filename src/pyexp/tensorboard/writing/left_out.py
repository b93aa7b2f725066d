"""What a `SummaryWriter` takes and does not keep: our log has no such kind. Owns the warnings, each issued once."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class LeftOut:
    """The warnings about what one writer does not keep."""

    def __init__(self) -> None:
        self._warned: set[str] = set()

    def warn(self, subject: str, *, depth: int = 1) -> None:
        """Warn that *subject* is not kept, unless it did before; the user's call is *depth* frames above the caller."""
        if subject not in self._warned:
            self._warned.add(subject)
            warnings.warn(f"{subject} has no counterpart in our log; the values are not kept", stacklevel=depth + 2)


def _left_out(name: str) -> Callable[..., None]:
    def method(self: LeavesOut, *_: Any, **__: Any) -> None:
        self._left_out.warn(name)

    method.__name__ = name
    method.__qualname__ = f"SummaryWriter.{name}"
    method.__doc__ = "Do nothing: our log has no counterpart. Warns once."
    return method


class LeavesOut:
    """The methods that only warn, so that a program continues."""

    def __init__(self) -> None:
        self._left_out = LeftOut()

    add_audio = _left_out("add_audio")
    add_custom_scalars = _left_out("add_custom_scalars")
    add_custom_scalars_marginchart = _left_out("add_custom_scalars_marginchart")
    add_custom_scalars_multilinechart = _left_out("add_custom_scalars_multilinechart")
    add_embedding = _left_out("add_embedding")
    add_graph = _left_out("add_graph")
    add_mesh = _left_out("add_mesh")
    add_onnx_graph = _left_out("add_onnx_graph")
    add_openvino_graph = _left_out("add_openvino_graph")
    add_pr_curve = _left_out("add_pr_curve")
    add_pr_curve_raw = _left_out("add_pr_curve_raw")
    add_video = _left_out("add_video")

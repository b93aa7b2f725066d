"""Figures of matplotlib and plotly as bytes, whatever the user holds of one: its axes, a grid of seaborn, an artist.

Owns finding the figure, its pickle and its picture. matplotlib is never imported here: a figure has it already.
"""

from __future__ import annotations

import copyreg
import pickle
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from pyexp.log.call.objects import unpicklable
from pyexp.log.kinds import PICKLE, PLOTLY, PNG
from pyexp.log.values.events import Content

if TYPE_CHECKING:
    from collections.abc import Iterable

_PREVIEW_DPI: Final = 100
_PREVIEW_PIXELS: Final = 2000  # on the longer side
_PNG_LEVEL: Final = 1  # half the time of the default for a fifth more bytes
_SCRIPT: Final = b"__main__"  # whose functions only this process finds by name
_OWNERS = (
    "figure",
    "figure_",
    "fig",
    "ax",
    "canvas",
)  # matplotlib; scikit-learn; earlier seaborn; colour bars; windows
_MAX_DEPTH = 5  # a subfigure of a subfigure of …


def figure(tag: str, figure: Any, *, preview: bool = True) -> tuple[Content, ...]:
    """Capture a matplotlib or plotly figure.

    Raises:
        TypeError: It is neither, nor belongs to one, or cannot be pickled.
    """
    found = figure_of(figure)
    if found is None:
        raise TypeError(
            f"the figure {tag!r} must be a matplotlib or plotly figure, or belong to one as axes do; found "
            f"{type(figure).__name__}: use `add_image` for a picture"
        )
    if hasattr(found, "to_plotly_json"):
        return (Content(PLOTLY.name, found.to_json().encode()),)
    captured = Content(PICKLE.name, _pickle(tag, found))
    return (captured, Content(PNG.name, _draw(found))) if preview else (captured,)


def figure_of(value: Any) -> Any | None:
    """Return the whole figure that *value* is, belongs to, or whose axes or artists it holds; None without one."""
    if isinstance(value, (list, tuple)) and not hasattr(value, "figure"):
        return _shared_figure(value)
    if getattr(value, "ndim", 0) and getattr(getattr(value, "dtype", None), "kind", "") == "O":  # `plt.subplots(2, 2)`
        return _shared_figure(value.ravel())
    for _ in range(_MAX_DEPTH):
        if hasattr(value, "to_plotly_json") or _is_figure(value):
            return value
        value = next((owner for name in _OWNERS if (owner := _attribute(value, name)) is not None), None)
    return None


def _shared_figure(values: Iterable[Any]) -> Any | None:
    """Return the figure that all of the values belong to; empty lists among them say nothing."""
    shared = None
    for value in values:
        if not (isinstance(value, (list, tuple)) and not value):
            found = figure_of(value)
            if found is None or shared not in (None, found):
                return None
            shared = found
    return shared


def _is_figure(value: Any) -> bool:
    """Return whether this is a whole figure of matplotlib, not what only offers to save one."""
    return hasattr(value, "savefig") and hasattr(value, "canvas")


def _attribute(value: Any, name: str) -> Any:
    owner = getattr(value, name, None)
    return None if owner is value or isinstance(owner, type) or callable(owner) else owner


def _draw(figure: Any) -> bytes:
    """Return the figure as a picture of the size of a screen, whatever resolution it is to be printed at."""
    longer = max(*figure.get_size_inches(), 1.0)
    picture = BytesIO()
    dpi = min(figure.dpi, _PREVIEW_DPI, _PREVIEW_PIXELS / longer)
    figure.savefig(picture, format="png", dpi=dpi, pil_kwargs={"compress_level": _PNG_LEVEL})
    return picture.getvalue()


def _pickle(tag: str, figure: Any) -> bytes:
    """Pickle a figure, with cloudpickle only where that is needed: it takes several times as long."""
    import cloudpickle

    for make in (pickle.Pickler, cloudpickle.Pickler):
        buffer = BytesIO()
        pickler = make(buffer, protocol=pickle.HIGHEST_PROTOCOL)
        known = getattr(pickler, "dispatch_table", copyreg.dispatch_table)
        pickler.dispatch_table = {**known, type(figure): _reduce}
        try:
            pickler.dump(figure)
        except Exception as error:  # artists may hold anything
            if make is cloudpickle.Pickler:
                raise unpicklable(f"the figure {tag!r}", error) from error
        else:
            if make is cloudpickle.Pickler or _SCRIPT not in buffer.getvalue():
                break
    return buffer.getvalue()


def _reduce(figure: Any) -> tuple[Any, ...]:
    """Leave out that pyplot manages the figure, which would open a window wherever it is loaded."""
    make, arguments, state, *rest = figure.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
    if isinstance(state, dict):
        state.pop("_restore_to_pylab", None)
    return make, arguments, state, *rest

"""A live figure goes on with the next step's, seen as the user has turned and zoomed it."""

from __future__ import annotations

import json

import pytest

from pyexp.viewer.figures.process import set_view, views_of
from pyexp.viewer.figures.server import check_message

pytest.importorskip("matplotlib", reason='live figures need the viewer extra: pip install "pyexp[viewer]"')


def solid_and_plain():
    from matplotlib.figure import Figure

    figure = Figure()
    figure.add_subplot(121, projection="3d").plot([0, 1], [0, 1], [0, 1])
    figure.add_subplot(122).plot([0, 1], [0, 1])
    return figure


def test_views_are_read_and_taken_over() -> None:
    turned, other = solid_and_plain(), solid_and_plain()
    turned.axes[0].view_init(elev=10, azim=77, roll=5)
    turned.axes[0].set_zlim(0, 3)
    turned.axes[1].set_xlim(0.2, 0.4)
    assert views_of(turned) != views_of(other)
    for axes, view in zip(other.axes, views_of(turned), strict=True):
        set_view(axes, view)
    assert views_of(turned) == views_of(other)


def test_a_view_of_other_axes_is_taken_over_as_far_as_it_goes() -> None:
    figure = solid_and_plain()
    set_view(figure.axes[1], {"zlim": (0, 1), "elev": 3, "ylim": (5, 6)})
    assert figure.axes[1].get_ylim() == (5, 6)
    set_view(figure.axes[0], {"azim": 12})
    assert (figure.axes[0].azim, figure.axes[0].elev) == (12, 30)


@pytest.mark.parametrize("index", [-1, 1.5, True, "1", None, [1]])
def test_a_step_is_named_by_its_index(index: object) -> None:
    assert check_message(json.dumps({"type": "show", "index": index})) is None


def test_a_step_is_told_nothing_else() -> None:
    message = check_message(json.dumps({"type": "show", "index": 3, "path": "/etc/passwd"}))
    assert message == {"type": "show", "index": 3}

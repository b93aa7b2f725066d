"""A tensor with holes: a sequence of the items that are there, a grid that says where none is."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from pyexp import Tensor
from pyexp.errors import ConfigError, SelectionError
from pyexp.tensor.absent import HOLE, Absent

AXES = {"lr": [0.1, 0.2], "model.width": [8, 16, 32]}


@pytest.fixture
def holed() -> Tensor:
    configs = [
        {"name": f"{lr}-{width}", "lr": lr, "model": {"width": width}}
        for lr in AXES["lr"]
        for width in AXES["model.width"]
    ]
    return Tensor(configs, (2, 3), AXES).where(lambda c: not (c["lr"] == 0.1 and c["model"]["width"] > 8))


def names(tensor) -> list[str]:
    return [item["name"] for item in tensor]


def test_the_sequence_knows_the_items_only(holed):
    assert names(holed) == ["0.1-8", "0.2-8", "0.2-16", "0.2-32"]
    assert len(holed) == 4
    assert [holed[number]["name"] for number in range(-4, 4)] == names(holed) * 2
    assert holed["0.2-16"]["lr"] == 0.2
    assert holed.to_dataframe().name.tolist() == names(holed)
    assert next(reversed(holed))["name"] == "0.2-32"
    with pytest.raises(IndexError, match="out of range for 4 items"):
        holed[4]


def test_a_place_without_an_item_says_so(holed):
    for absent in (holed[0, 1], holed[0, -2], holed.sel(lr=0.1, width=16)):
        assert absent.status == "absent"
        assert absent.error == "there is no item at lr=0.1, model.width=16: the sweep leaves this place out"
        assert absent.config == {"lr": 0.1, "model": {"width": 16}}
        assert (absent.ok, absent.result, absent.logger, absent.log, absent.attempts) == (False, None, None, "", 0)
        assert repr(absent) == f"Absent({absent.name})"
    assert holed[1, 1]["name"] == "0.2-16"


def test_parts_keep_their_holes(holed):
    assert holed[:, 1].shape == (2,)
    assert names(holed[:, 1]) == ["0.2-16"]
    assert holed[:, 1][(0,)].status == "absent"
    assert holed.sel(width=[8, 32]).cells()[1] is HOLE
    assert holed[..., ::-1][0, 2]["name"] == "0.1-8"
    assert holed[0, 1:].shape == (2,)
    assert len(holed[0, 1:]) == 0


def test_a_lone_slice_is_flat_and_has_no_holes(holed):
    assert holed[1:3].shape == (2,)
    row = Tensor(["a", HOLE, "c", "d"], (4,), {"x": [1, 2, 3, 4]})
    assert row[1:].cells() == ["c", "d"]
    assert row[1:].axes == {"x": [3, 4]}
    assert row[::-1].axes == {"x": [4, 3, 1]}


def test_queries_give_a_grid_where_only_holes_are_between(holed):
    assert holed[{"lr": 0.2}].shape == (1, 3)
    assert holed[{"model": {"width": lambda width: width < 32}}].shape == (2, 2)
    assert holed[{"model.width": 16}].shape == (1, 1)
    assert holed[lambda c: c["name"] in {"0.1-8", "0.2-32"}].shape == (2,)
    assert holed["0.2-*"].axes == {"lr": [0.2], "model.width": [8, 16, 32]}


def test_map_does_not_call_the_function_at_a_hole(holed):
    seen = []
    mapped = holed.map(lambda c: seen.append(c["name"]) or c["lr"])

    assert seen == names(holed)
    assert mapped[0, 2].status == "absent"
    np.testing.assert_array_equal(np.asarray(mapped), [[0.1, np.nan, np.nan], [0.2, 0.2, 0.2]])
    assert list(mapped) == [0.1, 0.2, 0.2, 0.2]


@pytest.mark.parametrize(
    ("items", "array", "kind"),
    [
        ([1, 2], [1, np.nan, 2], "f"),
        ([True, False], [1, np.nan, 0], "f"),
        ([1j, 2], [1j, complex(np.nan), 2], "c"),
        (["a", "b"], ["a", None, "b"], "O"),
        ([None, 3], [None, None, 3], "O"),
        ([[1, 2], [3, 4]], [[1, 2], [np.nan, np.nan], [3, 4]], "f"),
        ([[1], [2, 3]], [[1], None, [2, 3]], "O"),
        ([np.float32(1), np.float32(2)], [1, np.nan, 2], "f"),
    ],
)
def test_an_array_has_nan_or_none_at_a_hole(items, array, kind):
    made = np.asarray(Tensor([items[0], HOLE, items[1]]))

    assert made.dtype.kind == kind
    expected = np.empty(3, object) if kind == "O" else np.array(array)
    if kind == "O":
        expected[:] = array
        assert made.tolist() == expected.tolist()
    else:
        np.testing.assert_array_equal(made, expected)


def test_an_array_of_a_given_type(holed):
    assert np.asarray(holed.map(lambda c: 1), dtype=np.float32).dtype == np.float32
    assert np.asarray(Tensor([HOLE, HOLE], (1, 2))).shape == (1, 2)


def test_xarray_and_lists(holed):
    array = holed.to_xarray("lr")
    assert array.dims == ("lr", "model.width")
    np.testing.assert_array_equal(array.values, [[0.1, np.nan, np.nan], [0.2, 0.2, 0.2]])
    assert holed.map(lambda c: c["lr"]).tolist() == [[0.1, None, None], [0.2, 0.2, 0.2]]


def test_copies_and_pickles_keep_the_holes(holed):
    for again in (copy.copy(holed), copy.deepcopy(holed), pickle.loads(pickle.dumps(holed))):
        assert again == holed
        assert again.cells()[1] is HOLE
        assert again.axes == holed.axes
    assert pickle.loads(pickle.dumps(holed[0, 1])) == holed[0, 1]
    assert Tensor(["a", HOLE]) != Tensor([HOLE, "a"])


def test_a_pickle_from_before_there_were_holes():
    old = Tensor.__new__(Tensor)
    old.__setstate__((None, {"_items": [1, 2], "_shape": (2,), "_axes": {"x": [3, 4]}}))

    assert old == Tensor([1, 2])
    assert old.axes == {"x": [3, 4]}


def test_other_items_in_the_same_places(holed):
    letters = holed.with_items("abcd")

    assert letters.tolist() == [["a", None, None], ["b", "c", "d"]]
    assert letters.axes == holed.axes
    with pytest.raises(ConfigError, match="places for 4 items, but 6 are given"):
        holed.with_items("abcdef")


def test_where_again_only_takes_away(holed):
    assert names(holed.where({"lr": 0.1})) == ["0.1-8"]
    assert holed.where({"lr": 0.1}).shape == (2, 3)
    assert len(holed.where(lambda _: False)) == 0
    with pytest.raises(SelectionError, match="did you mean 'lr'"):
        holed.where({"lrr": 0.1})


def test_one_item():
    t = Tensor(["a", HOLE], (1, 2))

    assert t.item() == "a"
    assert Tensor(["x"], ()).item() == "x"
    for several in (Tensor("ab"), Tensor([]), Tensor([HOLE])):
        with pytest.raises(ValueError, match=r"item\(\) is for exactly one"):
            several.item()


@pytest.mark.parametrize("shape", [(1, 4, 1), (4,), (2, 1, 2), (1, 1, 4)])
def test_squeeze_and_lists_are_those_of_numpy(shape):
    t = Tensor([1, 2, 3, 4], shape)

    assert t.squeeze().shape == np.arange(4).reshape(shape).squeeze().shape
    assert t.tolist() == np.array([1, 2, 3, 4]).reshape(shape).tolist()


def test_squeeze_to_no_dimension_and_empty_lists():
    assert Tensor(["x"], (1, 1)).squeeze().shape == ()
    assert Tensor(["x"], (1, 1)).squeeze().tolist() == "x"
    assert Tensor([], (2, 0)).tolist() == [[], []]
    assert Tensor([], (0, 2)).tolist() == []


def test_an_attribute_of_the_items_is_explained(holed):
    class Item:
        result = 3

    with pytest.raises(
        AttributeError, match=r"items have: write .item\(\).result, or \[item.result for item in tensor\]"
    ):
        Tensor([Item()]).result  # noqa: B018
    with pytest.raises(AttributeError, match=r"write .item\(\).lr where only one of these 4 is left"):
        holed.lr  # noqa: B018
    with pytest.raises(AttributeError, match=r"has no attribute 'shap': did you mean 'shape'"):
        holed.shap  # noqa: B018
    assert not hasattr(holed, "__wrapped__")
    assert isinstance(Absent({"x": 1}), Absent)


def test_sel_by_the_end_of_a_dotted_name():
    t = Tensor(range(8), (2, 2, 2), {"a.lr": [1, 2], "b.lr": [1, 2], "b.c.width": [8, 16]})

    assert t.sel(width=8).shape == (2, 2)
    assert t.sel({"c.width": 8, "a.lr": 2}, **{"b.lr": 1}) == 4
    with pytest.raises(SelectionError, match=r"axis .lr. may be .a\.lr. or .b\.lr.: write the whole name"):
        t.sel(lr=1)
    with pytest.raises(SelectionError, match="no axis 'idth': "):
        t.sel(idth=1)
    with pytest.raises(SelectionError, match=r"'b\.c\.width' is named twice"):
        t.sel({"width": 8, "c.width": 8})


def test_notebooks_show_a_table_and_escape_it():
    shown = Tensor(
        [{"name": "<b>", "lr": 0.1, "m": {"w": "<i>"}}, HOLE, {"name": "c"}], (3,), {"<x>": [1, 2, 3]}
    )._repr_html_()

    assert "<b>Tensor</b> &lt;x&gt; = 3, 2 items" in shown
    assert "&lt;b&gt;" in shown
    assert "<i>" not in shown
    assert "&#x27;&lt;i&gt;&#x27;" in shown
    assert shown.count("<tr>") == 3
    assert "… 30 more" in Tensor(range(50))._repr_html_()
    assert Tensor([])._repr_html_() == "<p><b>Tensor</b> axis0 = 0, 0 items</p>"

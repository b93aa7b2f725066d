import copy
import pickle
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices

from pyexp.errors import ConfigError, SelectionError
from pyexp.tensor.tensor import Tensor


def grid(*shape):
    return Tensor(range(int(np.prod(shape))), shape)


@given(st.data())
@settings(max_examples=150, deadline=None)
@pytest.mark.slow
def test_indexing_is_numpys(data):
    shape = data.draw(array_shapes(max_dims=4, max_side=4))
    index = data.draw(basic_indices(shape))
    if not isinstance(index, tuple):
        index = (index,)
    array = np.arange(np.prod(shape)).reshape(shape)

    expected, found = array[index], grid(*shape)[index]

    if isinstance(expected, np.ndarray):
        assert found.shape == expected.shape
        assert list(found) == expected.ravel().tolist()
    else:
        assert found == expected


def test_single_index_and_slice_are_flat():
    t = grid(2, 3)

    assert (t[4], t[-1], t[np.int64(2)]) == (4, 5, 2)
    assert t[1:3] == Tensor([1, 2])
    assert t[::-2].shape == (3,)
    assert [t[i] for i in range(len(t))] == list(t) == list(range(6))
    assert max(t) == 5


def test_axes_follow_the_items():
    t = Tensor(range(12), (1, 3, 4), {"c": ["x"], "lr": [1, 2, 3], "e": "abcd"})

    assert t[:, 1:, ::2].axes == {"c": ["x"], "lr": [2, 3], "e": ["a", "c"]}
    assert t[0, -1].axes == {"e": ["a", "b", "c", "d"]}
    assert t[:, 0, :].shape == (1, 4)
    assert t[...] == t
    assert Tensor(range(3), axes={"x": "abc"})[1:].axes == {"x": ["b", "c"]}
    assert t[1:3].axes == {"axis0": [0, 1]}


def test_axes_cannot_be_changed_from_outside():
    t = grid(2)
    t.axes["axis0"].append(9)

    assert t.axes == {"axis0": [0, 1]}


@pytest.mark.parametrize(
    ("index", "error", "message"),
    [
        (6, IndexError, "6 items"),
        (-7, IndexError, "6 items"),
        ((0, 3), IndexError, "dimension 1 of length 3"),
        ((0, 0, 0), IndexError, "2 dimensions"),
        ((..., ...), IndexError, "ellipses"),
        (1.0, TypeError, "not understood"),
        (True, TypeError, "not understood"),
        ([0], TypeError, "not understood"),
        (None, TypeError, "not understood"),
        ((0, "a"), TypeError, "not understood"),
    ],
)
def test_bad_indices(index, error, message):
    with pytest.raises(error, match=message):
        grid(2, 3)[index]


@pytest.mark.parametrize(
    ("items", "shape", "axes"),
    [([1, 2], (3,), None), ([1], (-1, -1), None), ([1, 2], (2,), {"x": [1]}), ([1, 2], (2,), {"x": [1, 2], "y": [1]})],
)
def test_shape_and_axes_must_fit(items, shape, axes):
    with pytest.raises(ConfigError):
        Tensor(items, shape, axes)


def test_sel_drops_an_axis_or_keeps_a_list():
    t = Tensor(range(6), (2, 3), {"lr": [0.1, 0.2], "m.w": [8, 16, [3, 4]]})

    assert list(t.sel(lr=np.float64(0.2))) == [3, 4, 5]
    assert t.sel({"m.w": [16, 8]}).axes == {"lr": [0.1, 0.2], "m.w": [16, 8]}
    assert list(t.sel({"m.w": [16, 8]})) == [1, 0, 4, 3]
    assert list(t.sel({"m.w": [3, 4]})) == [2, 5]
    assert list(t.sel({"m.w": [[3, 4]]})) == [2, 5]
    assert t.sel({"m.w": [[3, 4]]}).shape == (2, 1)
    assert t.sel({"m.w": 8}, lr=0.1) == 0
    assert t.sel() == t


def test_sel_says_what_there_is():
    t = Tensor(range(4), (2, 2), {"learning_rate": [0.1, 0.2], "e": [1, 1]})

    with pytest.raises(SelectionError, match="did you mean 'learning_rate'"):
        t.sel(learning_rat=0.1)
    with pytest.raises(SelectionError, match=r"no coordinate 0.3: it has 0.1, 0.2"):
        t.sel(learning_rate=0.3)
    with pytest.raises(SelectionError, match="2 times"):
        t.sel(e=1)
    with pytest.raises(SelectionError, match="no coordinate"):
        t.sel(learning_rate=[0.1, [0.2]])


def test_map_keeps_shape_and_axes():
    t = Tensor([1, 2], (1, 2), {"a": [0], "b": [5, 6]}).map(lambda item: item * 10)

    assert t == Tensor([10, 20], (1, 2))
    assert t.axes == {"a": [0], "b": [5, 6]}


def test_becomes_an_array():
    t = grid(2, 3)

    assert np.asarray(t).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert np.asarray(t, dtype=float).dtype == float
    assert np.asarray(t.map(lambda i: [i, i])).shape == (2, 3, 2)
    assert np.asarray(t.map(lambda i: {"i": i})).shape == (2, 3)
    ragged = np.asarray(t.map(range).map(list))
    assert (ragged.shape, ragged.dtype) == ((2, 3), object)
    assert np.asarray(Tensor([], (0, 2))).shape == (0, 2)
    with pytest.raises(ValueError, match="inhomogeneous"):
        np.asarray(t.map(range).map(list), dtype=float)
    with pytest.raises(ValueError, match="copy"):
        t.__array__(copy=False)


def test_is_a_sequence_and_a_value():
    t = Tensor(["a", "b"], (2, 1), {"x": [1, 2], "y": [0]})

    assert isinstance(t, Sequence)
    assert ("b" in t, t.index("b"), list(reversed(t))) == (True, 1, ["b", "a"])
    for again in (pickle.loads(pickle.dumps(t)), copy.deepcopy(t)):
        assert again == t
        assert again.axes == t.axes
    assert t != Tensor(["a", "b"])
    assert t != ["a", "b"]
    with pytest.raises(TypeError):
        hash(t)


def test_repr_is_short():
    shown = repr(Tensor([{"name": f"n{i}"} for i in range(1000)]))

    assert shown.startswith("Tensor(shape=(1000,), axes=('axis0',), items=['n0', ")
    assert len(shown) < 100

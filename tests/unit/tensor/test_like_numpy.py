"""Whatever the shape, the holes and the index: a tensor is indexed as NumPy indexes an array of the same cells."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyexp import Tensor, concat
from pyexp.tensor.absent import HOLE, Absent

shapes = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


@st.composite
def tensors(draw) -> tuple[Tensor, np.ndarray]:
    shape = draw(shapes)
    is_there = draw(st.lists(st.booleans(), min_size=math.prod(shape), max_size=math.prod(shape)))
    cells = [{"n": number} if there else HOLE for number, there in enumerate(is_there)]
    array = np.empty(len(cells), object)
    array[:] = [None if cell is HOLE else cell["n"] for cell in cells]
    return Tensor(cells, shape), array.reshape(shape)


def numbers(tensor: Tensor) -> list:
    return tensor.map(lambda item: item["n"]).tolist()


pytestmark = pytest.mark.slow


@given(tensors(), st.data())
@settings(max_examples=300, deadline=None)
def test_indexing(pair, data):
    tensor, array = pair
    parts = [data.draw(st.integers(-length, length - 1) | st.slices(length)) for length in array.shape]
    first = data.draw(st.integers(0, array.ndim))
    last = data.draw(st.integers(first, array.ndim))
    index = (*parts[:first], ..., *parts[last:]) if data.draw(st.booleans()) else tuple(parts[: max(first, 1)])

    expected = array[index]
    found = tensor[index]

    if isinstance(found, Tensor):
        assert found.shape == np.shape(expected)
        assert numbers(found) == expected.tolist()
        assert len(found) == sum(each is not None for each in np.ravel(expected))
    elif isinstance(found, Absent):
        assert expected is None
    else:
        assert found["n"] == expected


@given(tensors(), st.sets(st.integers(0, 255)))
@settings(max_examples=200, deadline=None)
def test_matches_are_exact_and_where_keeps_the_places(pair, wanted):
    tensor, array = pair
    chosen = [item["n"] for item in tensor if item["n"] in wanted]

    assert [item["n"] for item in tensor[lambda item: item["n"] in wanted]] == chosen
    kept = tensor.where(lambda item: item["n"] in wanted)
    assert kept.shape == array.shape
    assert numbers(kept) == np.where(np.isin(array.astype(float), list(wanted)), array, None).tolist()
    assert numbers(tensor.squeeze()) == array.squeeze().tolist()
    assert [item["n"] for item in tensor] == [each for each in array.ravel() if each is not None]


@given(tensors(), st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_joining_the_parts_gives_the_whole(pair, cut):
    tensor, array = pair
    cut = min(cut, array.shape[0])
    whole = concat(tensor[:cut, ...], tensor[cut:, ...], "axis0")

    assert whole == tensor
    assert whole.axes == tensor.axes

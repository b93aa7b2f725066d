"""Tensors of types that NumPy does not have, wherever something is logged. PyTorch's are stood in for by a double."""

import io
import warnings

import numpy as np
import PIL.Image
import pytest

from pyexp.log import Logger, LogReader
from pyexp.log.call.arrays import on_host, to_array
from pyexp.tensorboard import SummaryWriter

NARROW = ["torch.bfloat16", "torch.float8_e4m3fn", "torch.float8_e5m2", "torch.float4_e2m1fn_x2"]


class Tensor:
    """What PyTorch's tensors do: they refuse NumPy for types that it lacks, and warn of a gradient that is lost."""

    def __init__(self, values, dtype="torch.bfloat16", *, is_on_device=True, has_gradient=True):
        self.values = np.asarray(values, "float32")
        self.dtype, self.is_on_device, self.has_gradient = dtype, is_on_device, has_gradient

    ndim = property(lambda self: self.values.ndim)
    shape = property(lambda self: self.values.shape)

    def _like(self, **changes):
        state = {"dtype": self.dtype, "is_on_device": self.is_on_device, "has_gradient": self.has_gradient, **changes}
        return Tensor(self.values, **state)

    def detach(self):
        return self._like(has_gradient=False)

    def cpu(self):
        return self._like(is_on_device=False)

    def float(self):
        return self._like(dtype="torch.float32")

    def tolist(self):
        return self.values.tolist()

    def item(self):
        return self.values.item()

    def __float__(self):
        if self.has_gradient:
            warnings.warn("Converting a tensor with requires_grad=True to a scalar", stacklevel=2)
        return float(self.values)

    def __array__(self, dtype=None, copy=None):
        if self.dtype in NARROW or self.is_on_device or self.has_gradient:
            raise TypeError(f"Got unsupported ScalarType {self.dtype}")
        return self.values.astype(dtype or "float32")


@pytest.mark.parametrize("dtype", [*NARROW, "torch.float32", "torch.float16"])
def test_everything_takes_them(tmp_path, dtype):
    pixels = Tensor(np.full((3, 4, 5), 0.5), dtype)
    with Logger(tmp_path / "a") as logger:
        logger.add_image("i", pixels)
        logger.add_histogram("h", pixels, bins=2)
        logger.add_scalar("x", Tensor(1.5, dtype))
        logger.add_scalars({"y": Tensor([2.5], dtype)})
    reader = LogReader(tmp_path / "a")
    assert np.asarray(PIL.Image.open(io.BytesIO(reader.load_image("i", 0)))).tolist() == [[[128] * 3] * 5] * 4
    assert sum(reader.load_histogram("h", 0)["counts"]) == 60
    assert (reader["x"], reader["y"]) == ((0, 1.5), (0, 2.5))
    with SummaryWriter(tmp_path / "b") as writer:
        writer.add_image("i", pixels, 0)
        writer.add_images("is", Tensor(np.full((2, 3, 4, 5), 0.5), dtype), 0)
        writer.add_images("listed", [pixels, pixels], 0)
        writer.add_image_with_boxes("boxes", pixels, Tensor([[0, 0, 2, 2]], dtype), 0)
        writer.add_histogram("h", pixels, 0, bins="auto")
        writer.add_tensor("t", Tensor([1, 2.5], dtype), 0)
        writer.add_scalar("x", Tensor(1.5, dtype), 0)
    reader = LogReader(tmp_path / "b")
    assert len(reader.image_tags) == 4
    assert sum(reader.load_histogram("h", 0)["counts"]) == 60
    assert reader.load_checkpoint("t", 0).tolist() == [1, 2.5]


def test_types_of_other_libraries():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    for kind in (ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.int4):
        array = to_array(np.array([1, 2, 3]).astype(kind), "a test")
        assert (array.dtype, array.tolist()) == (np.float32, [1, 2, 3])


def test_the_rest_stays():
    values = np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
    assert on_host(values) is values
    assert to_array(values, "a test") is values
    assert to_array([[1, 2]], "a test").dtype.kind == "i"

import io

import numpy as np
import PIL.Image
import pytest
import tensorboardX

from pyexp.log import LogReader
from pyexp.tensorboard import SummaryWriter, convert

NUMBERS = np.random.default_rng(2).normal(size=1000)
BATCH = np.random.default_rng(3).integers(0, 255, (19, 3, 4, 5), dtype="uint8")


@pytest.fixture
def written(tmp_path):
    """Call a function with a writer, and give the reader of what was written."""

    def write(use):
        with SummaryWriter(tmp_path / "ours") as writer:
            use(writer)
        return LogReader(tmp_path / "ours")

    return write


@pytest.fixture
def theirs(tmp_path):
    """Call a function with tensorboardX's writer, and give the reader of what that wrote, converted."""

    def write(use):
        with tensorboardX.SummaryWriter(str(tmp_path / "theirs")) as writer:
            use(writer)
        convert(tmp_path / "theirs", tmp_path / "converted")
        return LogReader(tmp_path / "converted")

    return write


def pixels(reader, tag="x"):
    return np.asarray(PIL.Image.open(io.BytesIO(reader.load_image(tag, 1))))


@pytest.mark.parametrize(
    ("method", "tensor", "dataformats"),
    [
        ("add_images", BATCH, "NCHW"),
        ("add_images", BATCH.transpose(0, 2, 3, 1), "NHWC"),
        ("add_images", BATCH[:2] / 255, "nchw"),
        ("add_image", BATCH, "NCHW"),
        ("add_image", BATCH.transpose(1, 3, 2, 0), "CWHN"),
    ],
)
def test_batches_are_arranged_as_theirs(written, theirs, method, tensor, dataformats):
    def use(writer):
        getattr(writer, method)("x", tensor, 1, dataformats=dataformats)

    mine, other = pixels(written(use)).astype(int), pixels(theirs(use)).astype(int)
    assert mine.shape == other.shape
    assert abs(mine - other).max() <= 1


def test_lists_and_grey_batches(written):
    def use(writer):
        writer.add_images("x", list(BATCH), 1, dataformats="CHW")
        writer.add_images("batch", list(BATCH), 1)
        writer.add_images("grey", BATCH[:, 0], 1, dataformats="NHW")

    reader = written(use)
    assert pixels(reader).shape == (3 * 4, 8 * 5, 3)
    assert (pixels(reader) == pixels(reader, "batch")).all()
    assert (pixels(reader, "grey") == pixels(reader)[..., 0]).all()


@pytest.mark.parametrize(("shape", "dataformats"), [((2, 2), "NCHW"), ((0, 3, 4, 5), "NCHW"), ((1, 3, 4, 5), "NXHW")])
def test_what_is_no_batch(written, shape, dataformats):
    with pytest.raises(ValueError, match=r"the images 'x' have the shape .* expected NCHW, NHWC or NHW"):
        written(lambda writer: writer.add_images("x", np.zeros(shape), dataformats=dataformats))


def test_boxes_are_drawn(written):
    def use(writer):
        writer.add_image_with_boxes("x", np.zeros((3, 8, 9)), [[1, 2, 4, 5], [-3, 6, 99, 99]], 1)
        writer.add_image_with_boxes("grey", np.zeros((8, 9), "uint8"), [[1, 2, 4, 5]], 1, None, "HW")
        with pytest.warns(UserWarning, match="labels"):
            writer.add_image_with_boxes("torch", np.zeros((8, 9, 3)), [[1, 2, 4, 5]], 1, None, 1, "HWC", ["cat"])
        with pytest.raises(ValueError, match="one row of four numbers per box"):
            writer.add_image_with_boxes("bad", np.zeros((3, 8, 9)), [1, 2, 3])

    reader = written(use)
    red = (pixels(reader) == (255, 0, 0)).all(axis=2)
    assert red[2, 1:5].all()
    assert red[2:6, 1].all()
    assert not red[3:5, 2:4].any()
    assert red[6, :].all()
    assert red[7, [0, 8]].all()
    for tag in ("grey", "torch"):
        assert (pixels(reader, tag) == (255, 0, 0)).all(axis=2).sum() == 12


@pytest.mark.parametrize("bins", [[-1, 0, 0.5, 2], np.linspace(-1, 1, 5), "auto", "doane", 7, np.int64(7)])
def test_histograms_have_the_bins_that_were_asked_for(written, bins):
    found = written(lambda writer: writer.add_histogram("x", NUMBERS, 1, bins)).load_histogram("x", 1)
    counts, edges = np.histogram(NUMBERS, bins=bins)
    assert found["edges"] == pytest.approx(edges.tolist())
    assert found["counts"] == counts.tolist()


def test_neighbouring_bins_are_joined(written):
    def use(writer):
        writer.add_histogram("x", NUMBERS, 1, np.linspace(-1, 1, 12), max_bins=4)
        writer.add_histogram("number", NUMBERS, 1, 100, max_bins=10)

    reader = written(use)
    counts, edges = np.histogram(NUMBERS, bins=np.linspace(-1, 1, 12))
    found = reader.load_histogram("x", 1)
    assert found["edges"] == pytest.approx([*edges[:-1:3], 1])
    assert found["counts"] == [sum(counts[at : at + 3]) for at in (0, 3, 6, 9)]
    assert len(reader.load_histogram("number", 1)["counts"]) == 10


def test_what_are_no_bins(written):
    with pytest.raises(ValueError, match=r"the histogram 'x' cannot have the bins 'nonsense' .* give their number"):
        written(lambda writer: writer.add_histogram("x", NUMBERS, 1, "nonsense"))
    with pytest.raises(ValueError, match=r"the histogram 'x' cannot have the bins \[2, 1\]"):
        written(lambda writer: writer.add_histogram("x", NUMBERS, 1, [2, 1]))


def test_histograms_that_were_counted_already(written, theirs):
    counts, edges = np.histogram(NUMBERS)

    def use(writer):
        limits = edges[1:].tolist()
        writer.add_histogram_raw(
            tag="x",
            min=NUMBERS.min(),
            max=NUMBERS.max(),
            num=len(NUMBERS),
            sum=NUMBERS.sum(),
            sum_squares=NUMBERS.dot(NUMBERS),
            bucket_limits=limits,
            bucket_counts=counts.tolist(),
            global_step=1,
        )

    found = written(use).load_histogram("x", 1)
    assert found == theirs(use).load_histogram("x", 1)
    assert found["counts"] == counts.tolist()
    with pytest.raises(ValueError, match="2 right edges and 1 counts"):
        written(lambda writer: writer.add_histogram_raw("x", 0, 1, 1, 1, 1, [1, 2], [1]))


def test_tensors_are_checkpoints(written):
    found = written(lambda writer: writer.add_tensor("x", NUMBERS.reshape(10, 100), 1)).load_checkpoint("x", 1)
    assert (found == NUMBERS.reshape(10, 100)).all()


def test_tags_are_no_paths_here(written):
    def use(writer):
        for tag in ("/a", "a//b", "../c", "d: e"):
            writer.add_image(tag, BATCH[0], 1)
            writer.add_histogram(tag, NUMBERS, 1)

    reader = written(use)
    assert reader.image_tags == reader.histogram_tags == {"/a", "a//b", "../c", "d: e"}


class Tensor:
    """As PyTorch's: on a device and in a graph, from which NumPy must not take it."""

    def __init__(self, values, *, is_on_host=False):
        self.values = np.asarray(values)
        self.is_on_host = is_on_host

    def detach(self):
        return self

    def cpu(self):
        return Tensor(self.values, is_on_host=True)

    def __array__(self, dtype=None, copy=None):
        assert self.is_on_host
        return self.values.astype(dtype or self.values.dtype)

    def __float__(self):
        assert self.is_on_host
        return float(self.values)

    def tolist(self):
        return np.asarray(self).tolist()


def test_tensors_of_another_library(written):
    def use(writer):
        writer.add_scalar("loss", Tensor(0.5), 1)
        writer.add_scalars("group", {"a": Tensor(2)}, 1)
        writer.add_image("x", Tensor(BATCH[0]), 1)
        writer.add_images("batch", [Tensor(picture) for picture in BATCH], 1)
        writer.add_image_with_boxes("boxes", Tensor(BATCH[0]), Tensor([[0, 0, 1, 1]]), 1)
        writer.add_histogram("h", Tensor(NUMBERS), 1)
        writer.add_histogram("edges", Tensor(NUMBERS), 1, Tensor([-1, 0, 1]))
        writer.add_tensor("t", Tensor(NUMBERS), 1)

    reader = written(use)
    assert reader.load_scalars("loss") == [(1, 0.5)]
    assert reader.image_tags == {"x", "batch", "boxes"}
    assert reader.load_histogram("edges", 1)["edges"] == [-1, 0, 1]
    assert (reader.load_checkpoint("t", 1) == NUMBERS).all()


@pytest.mark.parametrize("boxes", [[], (), np.zeros((0, 4)), np.zeros(0), np.zeros((0,), "int64")], ids=repr)
def test_no_boxes_leave_the_image_as_it_is(written, boxes):
    reader = written(lambda writer: writer.add_image_with_boxes("x", np.full((3, 4, 5), 0.5), boxes, 1))
    picture = PIL.Image.open(io.BytesIO(reader.load_image("x", 1)))
    assert np.asarray(picture).tolist() == [[[128] * 3] * 5] * 4

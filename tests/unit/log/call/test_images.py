import io
import warnings

import numpy as np
import PIL.Image
import pytest

from pyexp.log import Logger, LogReader
from pyexp.log.call import images

CHANCE = np.random.default_rng(0)


def decoded(content):
    assert content.media_type == "image/png"
    return np.asarray(PIL.Image.open(io.BytesIO(content.data)))


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA")])
def test_arrays_of_every_number_of_channels(channels, mode):
    pixels = CHANCE.integers(0, 256, (5, 7, channels), dtype="uint8")
    content = images.encode("i", pixels, "HWC")
    assert PIL.Image.open(io.BytesIO(content.data)).mode == mode
    assert (decoded(content).reshape(pixels.shape) == pixels).all()


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_floats_are_from_0_to_1(kind):
    pixels = np.array([[0.0, 1.0, 0.5, 1.0001, -0.001, np.nan]], kind)
    assert decoded(images.encode("i", pixels, "HW")).tolist() == [[0, 255, 128, 255, 0, 0]]


def test_booleans_and_wide_integers():
    assert decoded(images.encode("i", np.array([[True, False]]), "HW")).tolist() == [[255, 0]]
    assert decoded(images.encode("i", np.array([[255, 0, 7]]), "HW")).tolist() == [[255, 0, 7]]


def test_16_bits_without_a_sign_are_scaled():
    pixels = np.array([[0, 1000, 32768, 65535]], "uint16")
    assert decoded(images.encode("i", pixels, "HW")).tolist() == [[0, 4, 128, 255]]


OUT_OF_RANGE = [
    (np.array([[0.0, 128.0, 255.0]], "float32"), [[0, 255, 255]]),
    (np.array([[-1.0, 0.0, 1.0]]), [[0, 0, 255]]),
    (np.array([[np.inf, 0.0]]), [[255, 0]]),
    (np.array([[300, -5, 7]]), [[255, 0, 7]]),
    (np.array([[4000, 20]], "uint32"), [[255, 20]]),
    (np.array([[-3, 20]], "int8"), [[0, 20]]),
]


@pytest.mark.parametrize(("pixels", "expected"), OUT_OF_RANGE)
def test_what_is_out_of_range_is_said(tmp_path, pixels, expected):
    cut_off = "'i' has values out of range, which are cut off"
    with Logger(tmp_path) as logger, pytest.warns(UserWarning, match=cut_off) as seen:
        logger.add_image("i", pixels)
    assert seen[0].filename == __file__
    assert np.asarray(PIL.Image.open(io.BytesIO(LogReader(tmp_path).load_image("i", 0)))).tolist() == expected


def test_it_is_said_once(tmp_path):
    with Logger(tmp_path) as logger, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        for _ in range(5):
            logger.add_image("i", np.full((2, 2), 7.0))
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((3, 5, 7), (7, 5)),
        ((1, 5, 7), (7, 5)),
        ((4, 5, 9), (9, 5)),
        ((3, 5, 3), (5, 3)),
        ((5, 7, 3), (7, 5)),
        ((2, 6), (6, 2)),
    ],
)
def test_channels_that_come_first_are_recognised(shape, size):
    content = images.encode("i", np.zeros(shape, "uint8"))
    assert PIL.Image.open(io.BytesIO(content.data)).size == size


def test_a_wrong_order_names_the_right_one():
    with pytest.raises(ValueError, match=r'expected HWC with 1 to 4 channels; its shape is that of dataformats="CHW"'):
        images.encode("i", np.zeros((3, 5, 7)), "HWC")
    with pytest.raises(ValueError, match=r"shape \(5, 6, 7\); expected HWC with 1 to 4 channels$"):
        images.encode("i", np.zeros((5, 6, 7)))


def test_channels_may_come_first():
    pixels = CHANCE.integers(0, 256, (3, 5, 7), dtype="uint8")
    assert (decoded(images.encode("i", pixels, "CHW")) == pixels.transpose(1, 2, 0)).all()


def test_images_of_pil():
    picture = PIL.Image.new("RGB", (3, 2), (1, 2, 3))
    assert decoded(images.encode("i", picture, "HWC")).tolist() == [[[1, 2, 3]] * 3] * 2


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "webp"])
@pytest.mark.slow
def test_files_are_kept_as_they_are(tmp_path, kind):
    path = tmp_path / "picture"
    PIL.Image.new("RGB", (3, 2)).save(path, format=kind)
    content = images.encode("i", path, "HWC")
    assert content.media_type == f"image/{kind}"
    assert content.data == path.read_bytes()


def test_what_is_no_image(tmp_path):
    (tmp_path / "x").write_text("text")
    with pytest.raises(ValueError, match="is not a PNG, JPEG, GIF or WebP file"):
        images.encode("i", tmp_path / "x", "HWC")
    with pytest.raises(FileNotFoundError):
        images.encode("i", tmp_path / "nowhere", "HWC")
    with pytest.raises(TypeError, match="found int"):
        images.encode("i", 3, "HWC")
    with pytest.raises(TypeError, match="holds"):
        images.encode("i", np.array([["a"]]), "HW")
    for shape in ((3,), (2, 2, 5), (0, 3), (1, 2, 2, 3)):
        with pytest.raises(ValueError, match="has the shape"):
            images.encode("i", np.zeros(shape), "HWC")
    with pytest.raises(ValueError, match="dataformats"):
        images.encode("i", np.zeros((2, 2)), "WTF")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("CMYK", "RGB"), ("YCbCr", "RGB"), ("HSV", "RGB"), ("LAB", "RGB"), ("F", "L"), ("I", "L"), ("1", "1"), ("P", "P")],
)
def test_images_of_pil_in_every_mode(mode, expected):
    grey = PIL.Image.fromarray(np.array([[0, 7], [200, 255]], dtype="uint8"))
    image = grey.convert("RGB").convert(mode) if mode != "LAB" else PIL.Image.new("LAB", (2, 2))
    found = PIL.Image.open(io.BytesIO(images.encode("x", image, "HWC").data))
    assert found.mode == expected
    if expected == "L":
        assert np.asarray(found).tolist() == [[0, 7], [200, 255]]


def test_wide_integers_of_pil_are_kept():
    image = PIL.Image.fromarray(np.array([[0, 60_000]], dtype="int32"))
    assert decoded(images.encode("x", image, "HWC")).tolist() == [[0, 60_000]]


@pytest.mark.parametrize(
    ("dataformats", "axes"),
    [("HWC", (0, 1, 2)), ("CHW", (2, 0, 1)), ("WHC", (1, 0, 2)), ("CWH", (2, 1, 0)), ("HW", (0, 1)), ("WH", (1, 0))],
)
def test_axes_in_every_order(dataformats, axes):
    upright = np.arange(4 * 5 * 3, dtype="uint8").reshape(4, 5, 3)
    upright = upright if len(axes) == 3 else upright[:, :, 0]
    assert np.array_equal(decoded(images.encode("x", upright.transpose(axes), dataformats)), upright)


@pytest.mark.parametrize(("shape", "dataformats"), [((4, 5, 3), "HW"), ((4, 5, 3), "WH"), ((2, 4, 5, 3), "HWC")])
def test_arrays_with_other_axes_than_said(shape, dataformats):
    with pytest.raises(ValueError, match=rf"the image 'x' has the shape \(.*\); expected {dataformats}"):
        images.encode("x", np.zeros(shape), dataformats)

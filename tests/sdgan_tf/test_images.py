"""Pixel mappings at their edges, contact sheets and PNG files."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from sdgan_tf.images import (
    DCGAN_PIXELS,
    PixelMapping,
    contact_sheet,
    encode_png,
    write_animation,
    write_png,
)

LEVELS = np.arange(256, dtype=np.uint8)


def test_dcgan_pixels_to_float():
    images = DCGAN_PIXELS.to_float(np.uint8([[0, 127], [128, 255]]))
    assert images.dtype == tf.float32
    # x / 256 * 2 - 1, exact in binary.
    np.testing.assert_array_equal(
        images, [[-1.0, -0.0078125], [0.0, 0.9921875]]
    )


@pytest.mark.parametrize(
    "value,level",
    [
        (-1.0, 0),
        (-0.9922, 0),  # 0.998 is rounded down.
        (-0.0078125, 127),
        (-0.0001, 127),  # 127.99
        (0.0, 128),
        (0.0077, 128),  # 128.99
        (0.9921875, 255),
        (1.0, 255),  # 256 is cut.
        (-1.5, 0),
        (7.0, 255),
    ],
)
def test_dcgan_pixels_to_uint8(value, level):
    for images in (np.float32([value]), tf.constant([value])):
        pixels = DCGAN_PIXELS.to_uint8(images)
        assert isinstance(pixels, np.ndarray)
        assert pixels.dtype == np.uint8
        assert pixels.tolist() == [level]


@pytest.mark.parametrize(
    "mapping", [DCGAN_PIXELS, PixelMapping(1 / 127.5, nearest=True)]
)
def test_all_levels_come_back(mapping):
    np.testing.assert_array_equal(
        mapping.to_uint8(mapping.to_float(LEVELS)), LEVELS
    )


def test_nearest_mapping_rounds_to_the_nearest():
    mapping = PixelMapping(1 / 127.5, nearest=True)
    # (x + 1) * 127.5 is 127.88, 127.12, 0.0, 255.0 and 318.75.
    pixels = mapping.to_uint8(np.float32([0.003, -0.003, -1.0, 1.0, 1.5]))
    assert pixels.tolist() == [128, 127, 0, 255, 255]
    assert mapping.to_float(np.uint8([255])).numpy()[0] == pytest.approx(1.0)


def test_levels_are_not_rounded():
    mapping = PixelMapping(1 / 127.5, nearest=True)
    levels = mapping.to_levels(np.float32([0.003, -1.5, 1.5])).numpy()
    np.testing.assert_allclose(levels, [127.8825, 0, 255], rtol=1e-6)


def test_mapping_keeps_the_shape():
    pixels = np.zeros([2, 3, 4, 5, 3], np.uint8)
    images = DCGAN_PIXELS.to_float(pixels)
    assert images.shape == (2, 3, 4, 5, 3)
    assert DCGAN_PIXELS.to_uint8(images).shape == (2, 3, 4, 5, 3)


def test_contact_sheet_layout():
    # Six pictures 1 high and 2 wide; picture n has the pixels 10n and 10n+1.
    images = np.uint8([[[[10 * n], [10 * n + 1]]] for n in range(6)])
    sheet = contact_sheet(images, columns=3)
    assert sheet.shape == (2, 6, 1)
    assert sheet.dtype == np.uint8
    assert sheet[..., 0].tolist() == [
        [0, 1, 10, 11, 20, 21],
        [30, 31, 40, 41, 50, 51],
    ]


def test_contact_sheet_keeps_rows_of_a_picture_together():
    images = np.uint8([[[[1]], [[2]]], [[[3]], [[4]]]])
    assert contact_sheet(images, 2)[..., 0].tolist() == [[1, 3], [2, 4]]
    assert contact_sheet(images, 1)[..., 0].tolist() == [[1], [2], [3], [4]]


def test_contact_sheet_is_filled_with_white():
    images = np.uint8([[[[n]]] for n in range(3)])
    assert contact_sheet(images, 2)[..., 0].tolist() == [[0, 1], [2, 255]]
    assert contact_sheet(images, 5)[..., 0].tolist() == [[0, 1, 2, 255, 255]]


@pytest.mark.parametrize("columns", [0, -1])
def test_contact_sheet_has_columns(columns):
    with pytest.raises(ValueError, match=f"Received: columns={columns}"):
        contact_sheet(np.zeros([6, 1, 2, 3], np.uint8), columns)


def picture():
    return np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3) * 4


def test_encode_png_is_lossless():
    data = encode_png(picture())
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    image = Image.open(io.BytesIO(data))
    assert image.mode == "RGB"
    assert image.size == (5, 4)
    np.testing.assert_array_equal(np.asarray(image), picture())


def test_write_png(tmp_path):
    path = tmp_path / "a picture.png"
    write_png(str(path), picture())
    with Image.open(path) as image:
        assert image.format == "PNG"
        np.testing.assert_array_equal(np.asarray(image), picture())


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_write_animation(tmp_path, suffix):
    frames = np.zeros([3, 8, 8, 3], np.uint8)
    frames[1], frames[2] = 120, 250
    path = tmp_path / f"loop.{suffix}"
    write_animation(str(path), frames, frame_milliseconds=50)
    with Image.open(path) as image:
        assert image.format == suffix.upper()
        assert image.n_frames == 3
        assert image.info["loop"] == 0
        for n, level in enumerate((0, 120, 250)):
            image.seek(n)
            pixels = np.asarray(image.convert("RGB"), "float32")
            assert np.abs(pixels - level).max() <= 3

"""Contact sheets, PNG files and animations."""

import io

import numpy as np
import pytest
from PIL import Image

from sdgan_tf.images import (
    contact_sheet,
    encode_png,
    write_animation,
    write_png,
)


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

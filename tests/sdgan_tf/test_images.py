"""Contact sheets, PNG files and animations."""

import io

import numpy as np
import pytest
from PIL import Image

from sdgan_tf.images import (
    contact_sheet,
    encode_png,
    labelled_sheet,
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


def test_a_labelled_sheet_has_text_beside_the_pictures():
    images = np.full([3, 40, 40, 3], 128, np.uint8)
    sheet = labelled_sheet(images, ["first", "2"], ["a", "b"])
    # 40 pixels three times are the first factor to reach 96.
    grid = sheet[-240:, -240:]
    assert (grid[:120] == 128).all() and (grid[120:, 120:] == 255).all()
    left, top = sheet[-240:, :-240], sheet[:-240, -240:]
    for text in (left[:120], left[120:], top[:, :120], top[:, 120:]):
        assert text.min() < 100 and text.max() == 255
    assert (sheet[:-240, :-240] == 255).all()
    large = labelled_sheet(np.zeros([1, 96, 96, 3], np.uint8), ["a"], ["b"])
    assert (large[-96:, -96:] == 0).all() and (large[:-96, -96:] > 0).any()


def test_labels_of_any_text():
    images = np.zeros([1, 96, 96, 3], np.uint8)

    def width(label):
        return labelled_sheet(images, [label], [label]).shape[1]

    # Marks are left out, blanks are one, and long names are cut.
    assert width("Mu\u0308ller") == width("M\u00fcller") == width("Muller")
    assert width("a \n b") == width("a b")
    assert width("\u674e\u5a1c") == width("??")
    assert width("x" * 60) <= 96 + 240 + 2 * 6
    assert width("") == 96 + 2 * 6


@pytest.mark.parametrize("labels", [[], ["a"], ["a", "b", "c"]])
def test_each_row_has_a_label(labels):
    images = np.zeros([4, 8, 8, 3], np.uint8)
    with pytest.raises(
        ValueError, match=f"each of the 2 rows. Received: {len(labels)} labels"
    ):
        labelled_sheet(images, labels, ["a", "b"])


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

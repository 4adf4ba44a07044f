"""Pixel mappings at their edges."""

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.pixels import BEGAN_PIXELS, DCGAN_PIXELS, PixelMapping

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


@pytest.mark.parametrize("pixels", [DCGAN_PIXELS, BEGAN_PIXELS])
def test_pixels_of_a_graph_are_those_of_numpy(pixels):
    levels = np.arange(256, dtype=np.uint8)
    # All levels, the borders between them, and their neighbours.
    whole = np.float32((levels + np.float32([[0.0], [0.5]])) * pixels.scale - 1)
    images = np.concatenate(
        [whole, np.nextafter(whole, -2), np.nextafter(whole, 2), whole * 1.1]
    ).astype("float32")
    wanted = np.clip((images + 1) * np.float32(1 / pixels.scale), 0, 255)
    wanted = (np.rint(wanted) if pixels.nearest else wanted).astype(np.uint8)
    np.testing.assert_array_equal(pixels.to_uint8(images), wanted)
    np.testing.assert_array_equal(
        tf.function(pixels.to_pixels)(tf.constant(images)), wanted
    )

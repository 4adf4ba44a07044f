"""Photographs that lie on the device give what the host would have sent."""

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.training.input_pipeline import DevicePhotographs


@pytest.mark.parametrize("jit_compile", [False, True])
def test_pixels_of_any_bits_are_looked_up(jit_compile):
    """Read as float32 some would be NaN, or too small to be normal."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, [5, 2, 2, 3], dtype=np.uint8)
    images[1].reshape(-1)[:] = np.tile([0x01, 0x00, 0x80, 0x7F], 3)  # NaN.
    images[2].reshape(-1)[:] = np.tile([0x01, 0x00, 0xA0, 0xFF], 3)  # NaN.
    images[3].reshape(-1)[:] = np.tile([0x01, 0x00, 0x00, 0x80], 3)  # Denormal.
    photographs = DevicePhotographs(tf.distribute.get_strategy(), images)
    positions = np.array([[3, 1], [2, 2], [0, 4]])

    @tf.function(jit_compile=jit_compile)
    def look_up(positions):
        batch = {"positions": positions, "identity": tf.constant([7, 8, 9])}
        return photographs.look_up(batch)

    batch = look_up(tf.constant(positions))
    assert batch["images"].dtype == tf.uint8
    np.testing.assert_array_equal(batch["images"], images[positions])
    np.testing.assert_array_equal(batch["identity"], [7, 8, 9])

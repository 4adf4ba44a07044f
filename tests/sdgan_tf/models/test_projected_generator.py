"""The generator of projected features, layer by layer."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.algorithms.flops import sublayers
from sdgan_tf.models.layers import BatchNormalization
from sdgan_tf.models.projected_generator import (
    BilinearNormal,
    ProjectedGenerator,
    SkipExcitation,
    generator_width,
    glu,
    measure_statistics,
)


def noise(*shape, seed=0):
    return tf.random.stateless_normal(shape, [seed, 1])


def parameters(network):
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


def test_gated_linear_unit_by_hand():
    x = tf.constant([[1.0, 2.0, 0.0, np.log(3.0)]])
    np.testing.assert_allclose(glu(x), [[0.5, 1.5]], rtol=1e-6)


def test_parameters_at_64():
    """Counted from the shapes, dim 32 and 128 numbers a code."""
    generator = ProjectedGenerator(64, 32)
    generator(noise(2, 128))
    dense = 128 * 4 * 4 * 512
    enlarging = 16 * (256 * 512 + 256 * 256 + 128 * 128 + 64 * 64)
    refining = 9 * (256 * 512 + 128 * 256 + 64 * 128)
    norms = 2 * (512 + 512 + 512 + 256 + 256 + 128 + 128 + 64)
    skips = 16 * 256 * 64 + 64 + 64 * 64 + 64
    skips += 16 * 256 * 32 + 32 + 32 * 32 + 32
    image = 9 * 32 * 3 + 3
    total = dense + enlarging + refining + norms + skips + image
    assert parameters(generator) == total == 6_474_403


@pytest.mark.parametrize("size", [32, 64, 128, 256])
def test_generator_output(size):
    images = ProjectedGenerator(size, 4)(noise(3, 10), training=True)
    assert images.shape == (3, size, size, 3)
    assert images.dtype == tf.float32
    assert np.abs(images).max() <= 1 and np.std(images) > 0.01


def test_the_length_of_a_code_does_not_matter():
    generator = ProjectedGenerator(32, 4)
    z = noise(2, 10)
    np.testing.assert_allclose(generator(z), generator(3.0 * z), atol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_size": 48}, "`image_size` must be one of"),
        ({"dim": 0}, "`dim` must be at least 1"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        ProjectedGenerator(**options)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_config_roundtrip(dtype):
    generator = ProjectedGenerator(32, 4, synchronized=True, dtype=dtype)
    config = generator.get_config()
    again = ProjectedGenerator.from_config(config)
    assert again.get_config() == config
    assert again.compute_dtype == dtype.removeprefix("mixed_")


def test_statistics_are_the_means_over_the_batches():
    generator = ProjectedGenerator(32, 4)
    generator(noise(4, 10))
    z = noise(9, 10)
    measure_statistics(generator, z, 4)
    of_batches = []
    for batch in (z[:4], z[4:8]):
        x = generator.reshape(generator.project(normalised(batch)))
        of_batches.append(np.mean(x, axis=(0, 1, 2)))
    np.testing.assert_allclose(
        generator.norm.moving_mean, np.mean(of_batches, axis=0), atol=1e-6
    )
    # Each of them was measured, and trains on as before.
    norms = [
        layer
        for layer in sublayers(generator)
        if isinstance(layer, BatchNormalization)
    ]
    assert len(norms) == 1 + 2 + 2 + 1
    for norm in norms:
        assert np.abs(norm.moving_mean).max() > 0
        assert norm.momentum == 0.99


def normalised(z):
    return z / np.sqrt(np.mean(np.square(z), axis=-1, keepdims=True))


def test_new_kernels_enlarge_smoothly():
    """Of a constant map a constant comes, without a checkerboard."""
    keras.utils.set_random_seed(0)
    kernel = BilinearNormal()((4, 4, 3, 5), "float32")
    assert kernel.shape == (4, 4, 3, 5)
    y = tf.nn.conv2d_transpose(
        tf.ones([1, 8, 8, 5]), kernel, [1, 16, 16, 3], 2, "SAME"
    ).numpy()[0, 2:-2, 2:-2]
    np.testing.assert_allclose(y, np.broadcast_to(y[0, 0], y.shape), atol=1e-5)
    # The channels are mixed by normal numbers of variance 1 / channels.
    large = BilinearNormal()((4, 4, 64, 64), "float32").numpy()
    assert large[1, 1].std() == pytest.approx(0.75**2 / 8, rel=0.05)
    np.testing.assert_allclose(large[0, 0] * 9, large[1, 1], rtol=1e-5)


def test_small_maps_gate_the_channels_of_large_ones():
    layer = SkipExcitation(6, None)
    small, large = noise(2, 8, 8, 5), noise(2, 32, 32, 6)
    gates = layer(small, large) / large
    np.testing.assert_allclose(
        gates, np.broadcast_to(gates[:, :1, :1], gates.shape), rtol=1e-4
    )
    assert np.min(gates) > 0 and np.max(gates) < 1


def test_widths():
    widths = [generator_width(2**n, 32) for n in range(2, 9)]
    assert widths == [256, 256, 128, 64, 32, 16, 16]

"""Grouped batch normalisation by hand, and the kernels' initializer."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.models.layers import (
    BatchNormalization,
    GroupedBatchNormalization,
    conv_kernel_initializer,
)


def pixels(*values):
    """Pictures of one pixel and one channel."""
    return np.float32(values).reshape(-1, 1, 1, 1)


def noise(seed, *shape):
    return tf.random.stateless_normal(shape, [seed, 1])


def test_batches_by_hand():
    # Batches of two: 1 +- 1, 12 +- 2, 102 +- 2, 3 +- 3.
    x = pixels(0, 2, 10, 14, 100, 104, 0, 6)
    layer = GroupedBatchNormalization(epsilon=3.0)
    y = layer(x, num_batches=4)
    # d / sqrt(d^2 + 3) at d = 1, 2, 2, 3.
    a, b, c = 0.5, 0.7559289, 0.8660254
    np.testing.assert_allclose(y, pixels(-a, a, -b, b, -b, b, -c, c), rtol=1e-5)


def test_gamma_and_beta():
    layer = GroupedBatchNormalization(epsilon=3.0)
    layer.build((None, 1, 1, 1))
    layer.gamma.assign([4.0])
    layer.beta.assign([10.0])
    # (x - 1) / sqrt(1 + 3) * 4 + 10
    np.testing.assert_allclose(layer(pixels(0, 2)), pixels(8, 12), rtol=1e-6)


def test_one_batch_by_default():
    x = pixels(0, 0, 4, 4)
    y = GroupedBatchNormalization(epsilon=0.0)(x)
    np.testing.assert_allclose(y, pixels(-1, -1, 1, 1), rtol=1e-5)


def test_statistics_are_per_channel_and_over_the_pixels():
    # One picture of 1 x 2 pixels and two channels: (0, 5), (2, 25).
    x = np.float32([[[[0, 5], [2, 25]]]])
    y = GroupedBatchNormalization(epsilon=0.0)(x)
    np.testing.assert_allclose(y, [[[[-1, -1], [1, 1]]]], rtol=1e-5)


def test_second_derivative_knows_that_shifts_are_removed():
    # A gradient penalty differentiates twice. The output does not change
    # when x is shifted, nor does its gradient: the derivative of any function
    # of the gradient must sum to zero over x.
    x = tf.constant(pixels(0, 2, 5))
    layer = GroupedBatchNormalization()
    layer.build(x.shape)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(layer(x) * pixels(1, -2, 4))
        gradient = inner.gradient(y, x)
        value = tf.reduce_sum(gradient * pixels(3, 1, -1))
    second = outer.gradient(value, x).numpy()
    assert np.abs(second).max() > 0.1
    assert second.sum() == pytest.approx(0.0, abs=1e-4)


def test_no_moving_statistics():
    layer = GroupedBatchNormalization()
    layer.build((None, 4, 4, 6))
    assert [v.shape for v in layer.variables] == [(6,), (6,)]
    assert len(layer.trainable_variables) == 2
    assert layer.epsilon == 1e-3
    x = np.random.default_rng(0).normal(size=(4, 4, 4, 6)).astype("float32")
    np.testing.assert_array_equal(
        layer(x, training=True), layer(x, training=False)
    )


def test_statistics_in_float32_under_mixed_bfloat16():
    layer = GroupedBatchNormalization(epsilon=0.0, dtype="mixed_bfloat16")
    # 256 + {0, 1} is the same number in bfloat16, but both 256 and 258 are
    # numbers of it; their mean 257 is not.
    y = layer(keras.ops.cast(pixels(256, 258), "bfloat16"))
    assert y.dtype.name == "bfloat16"
    np.testing.assert_allclose(
        keras.ops.cast(y, "float32"), pixels(-1, 1), rtol=1e-2
    )
    assert layer.gamma.dtype == "float32"


def test_config_roundtrip():
    layer = GroupedBatchNormalization(epsilon=0.5, synchronized=True)
    again = GroupedBatchNormalization.from_config(layer.get_config())
    assert again.epsilon == 0.5
    assert again.synchronized


def test_one_kernel_normalises_as_keras_does():
    ours = BatchNormalization(momentum=0.9, epsilon=1e-5)
    theirs = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
    x = 3.0 * noise(0, 4, 6, 6, 5) + 2.0
    results = []
    for layer in (ours, theirs):
        layer.build(x.shape)
        layer.gamma.assign(np.arange(1.0, 6.0))
        layer.beta.assign(np.arange(5.0))
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True)
            loss = tf.reduce_sum(y * noise(1, *y.shape))
        of = [x, layer.gamma.value, layer.beta.value]
        gradients = tape.gradient(loss, of)
        results.append([y, *gradients, *layer.weights, layer(x)])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


def test_conv_kernel_initializer():
    keras.utils.set_random_seed(0)
    kernel = np.asarray(conv_kernel_initializer()((200, 500)))
    limit = 0.02 * math.sqrt(3)  # 0.0346410
    assert np.abs(kernel).max() <= limit + 1e-8
    assert np.abs(kernel).max() > 0.0346
    assert kernel.std() == pytest.approx(0.02, rel=0.01)
    assert kernel.mean() == pytest.approx(0.0, abs=3e-4)
    # Uniform: half of it lies in the middle half.
    assert np.mean(np.abs(kernel) < limit / 2) == pytest.approx(0.5, abs=0.01)

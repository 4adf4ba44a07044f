"""The batch norm in one kernel, against the separate operations."""

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.fused import normalize_batch

EPSILON = 1e-3


def by_operations(x, gamma, beta):
    """Computes the same by operations with gradients of any order."""
    wide = tf.cast(x, "float32")
    mean = tf.reduce_mean(wide, (0, 1, 2))
    variance = tf.reduce_mean(tf.square(wide - mean), (0, 1, 2))
    y = (wide - mean) * tf.math.rsqrt(variance + EPSILON) * gamma + beta
    return tf.cast(y, x.dtype), mean, variance


def by_kernel(x, gamma, beta):
    return normalize_batch(x, gamma, beta, EPSILON)


def noise(seed, *shape):
    return tf.random.stateless_normal(shape, [seed, 7])


def inputs(dtype):
    x = tf.cast(2.0 * noise(0, 6, 4, 4, 5) + 0.7, dtype)
    return x, 1.0 + 0.3 * noise(1, 5), noise(2, 5)


def results(normalize, dtype):
    """Outputs, gradients, and gradients of a function of the gradient."""
    sources = inputs(dtype)
    toward = tf.cast(noise(3, 6, 4, 4, 5), dtype)

    @tf.function
    def all_of_them():
        with tf.GradientTape() as outer:
            outer.watch(sources)
            with tf.GradientTape() as inner:
                inner.watch(sources)
                y, mean, variance = normalize(*sources)
                value = tf.reduce_sum(tf.cast(y * toward, "float32") ** 2)
            first = inner.gradient(value, sources)
            penalty = sum(
                tf.reduce_sum(tf.square(tf.cast(g, "float32"))) for g in first
            )
        return [y, mean, variance], first, outer.gradient(penalty, sources)

    return [[tf.cast(x, "float32") for x in each] for each in all_of_them()]


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float32", 2e-5), ("bfloat16", 2e-2)]
)
def test_outputs_and_gradients_of_two_orders(dtype, tolerance):
    kernel = results(by_kernel, dtype)
    operations = results(by_operations, dtype)
    for of_kernel, expected in zip(kernel, operations, strict=True):
        for got, right in zip(of_kernel, expected, strict=True):
            size = np.abs(right).max()
            assert size > 0.01
            np.testing.assert_allclose(got, right, atol=tolerance * size)


def test_statistics_in_float32_and_of_the_batch_itself():
    # 256 and 258 are numbers of bfloat16; their mean 257 is not. The variance
    # is that of the two, not that of a sample of them.
    x = tf.reshape(tf.constant([256.0, 258.0], "bfloat16"), [2, 1, 1, 1])
    y, mean, variance = by_kernel(x, tf.ones(1), tf.zeros(1))
    assert (y.dtype, mean.dtype) == ("bfloat16", "float32")
    assert (float(mean[0]), float(variance[0])) == (257.0, 1.0)


def test_no_gradient_through_the_statistics():
    x, gamma, beta = inputs("float32")
    with tf.GradientTape() as tape:
        tape.watch(x)
        _, mean, variance = by_kernel(x, gamma, beta)
        value = tf.reduce_sum(mean + variance)
    assert tape.gradient(value, x) is None


def test_variables_of_a_strategy():
    """Calls outside of the replicas pass distributed variables."""
    x, gamma, beta = inputs("float32")
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        scale, shift = tf.Variable(gamma), tf.Variable(beta)
    expected = by_kernel(x, gamma, beta)[0]
    np.testing.assert_array_equal(by_kernel(x, scale, shift)[0], expected)
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(by_kernel(x, scale, shift)[0] ** 2)
    assert all(g is not None for g in tape.gradient(value, [scale, shift]))

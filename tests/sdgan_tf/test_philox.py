"""NumPy's numbers are TensorFlow's, bit for bit."""

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf import philox
from sdgan_tf.latents import Keys, Stream, uniform

KEYS = [(0, 0), (3, 5), (2**53 - 1, 7), (2**63 + 11, 0), (-1, 2)]


def signed(key):
    """A key as TensorFlow takes it, int64."""
    return np.array([k & (2**64 - 1) for k in key], np.uint64).view(np.int64)


def test_the_known_answer():
    """Of the paper's own test vectors: all counters and keys zero."""
    words = philox.philox(np.zeros([1, 4], np.uint64), np.zeros(2, np.uint64))
    assert [f"{word:08x}" for word in words[0].tolist()] == [
        *("6627e8d5", "e169c58d", "bc57ac4c", "9b00dbd8")
    ]


@pytest.mark.parametrize("key", KEYS)
def test_uniform_numbers(key):
    wanted = uniform(signed(key), [3, 7]).numpy()
    found = np.stack([philox.uniform(key, 7 * row, 7) for row in range(3)])
    np.testing.assert_array_equal(found, wanted)
    assert found.dtype == np.float32


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("count", [0, 1, 2, 13, 1000])
def test_shuffled_numbers(key, count):
    wanted = tf.random.experimental.stateless_shuffle(
        tf.range(count), signed(key)
    )
    np.testing.assert_array_equal(philox.shuffle(key, count), wanted)


@pytest.mark.parametrize("seed", [0, 7, 2**31, 2**53 - 1])
@pytest.mark.parametrize("substep", [0, 1, 3, 2**31 - 1])
def test_keys_of_a_step(seed, substep):
    keys = Keys(seed, tf.constant(9))
    key = philox.step_key(seed, Stream.GRID, 9, substep)
    np.testing.assert_array_equal(signed(key), keys.key(Stream.GRID, substep))
    wanted = uniform(keys.key(Stream.GRID, substep), [5])
    np.testing.assert_array_equal(philox.uniform(key, 0, 5), wanted)

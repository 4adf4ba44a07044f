"""The end of a program that has read for a while."""

import time

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline.tuples.untuned import untuned


def numbers(n):
    return tf.data.Dataset.range(n).map(lambda x: x + 1, tf.data.AUTOTUNE)


def test_elements_and_their_order_are_the_same():
    found = list(numbers(50).apply(untuned).as_numpy_iterator())
    np.testing.assert_array_equal(found, np.arange(1, 51))


def test_it_holds_for_what_is_made_of_it():
    made = numbers(50).apply(untuned).batch(5).prefetch(1)
    assert made.options().autotune.enabled is False


@pytest.mark.slow
def test_iterators_are_freed_at_once():
    """Of as many tuned ones some would take seconds."""
    iterators = [iter(numbers(1 << 60).apply(untuned)) for _ in range(40)]
    ends = time.monotonic() + 20.0
    while time.monotonic() < ends:
        for iterator in iterators:
            next(iterator)
        time.sleep(0.5)
    longest = 0.0
    while iterators:
        started = time.monotonic()
        del iterators[-1]
        longest = max(longest, time.monotonic() - started)
    assert longest < 1.0

"""Rates and Wilson's interval, by published numbers."""

import math

import numpy as np

from sdgan_tf.evaluation import intervals


def test_shares():
    assert intervals.rate(3, 4) == 0.75
    assert math.isnan(intervals.rate(0, 0))


def test_wilson():
    # Newcombe (1998), table I: 81 of 263 and 15 of 148, 0 of 20, 1 of 29.
    for count, total, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        np.testing.assert_allclose(
            intervals.wilson_interval(count, total), [low, high], atol=6e-5
        )
    assert intervals.wilson_interval(7, 7)[1] == 1.0
    assert all(map(math.isnan, intervals.wilson_interval(0, 0)))

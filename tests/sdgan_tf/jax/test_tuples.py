"""Tuples sampled on the device are of one identity, and identities uniform."""

import jax
import numpy as np

from sdgan_tf.jax.tuples import tuple_sampler


def test_tuples_are_of_one_identity_and_identities_uniform():
    rows = np.array([3, 0, 0, 1, 2, 2, 2, 3, 3, 3])
    sample = tuple_sampler(rows, k=2)
    positions = np.array(sample(jax.random.key(0), 3000))
    assert positions.shape == (3000, 2)
    assert (positions[:, 0] != positions[:, 1]).all()
    sampled = rows[positions]
    assert (sampled[:, 0] == sampled[:, 1]).all()
    counts = np.bincount(sampled[:, 0], minlength=4)
    # Identity 1 has one photograph only; 5 standard deviations.
    assert counts[1] == 0
    np.testing.assert_allclose(counts[[0, 2, 3]], 1000, atol=130)
    # All photographs of an identity come, alike often.
    seen = np.bincount(positions.ravel(), minlength=10)
    np.testing.assert_allclose(seen[rows == 3], 500, atol=130)

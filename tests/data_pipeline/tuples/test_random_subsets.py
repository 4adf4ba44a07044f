import collections
import itertools

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline.tuples import random_subsets


def test_sample_distinct_is_uniform_over_ordered_choices(chi_square):
    sampled = random_subsets.sample_distinct(
        tf.constant([1, 2], tf.int64),
        tf.fill([24_000], tf.constant(4, tf.int64)),
        3,
    )
    assert sampled.shape == (24_000, 3) and sampled.dtype == tf.int64
    counts = collections.Counter(map(tuple, sampled.numpy().tolist()))
    assert set(counts) == set(itertools.permutations(range(4), 3))
    # 23 degrees of freedom: 70 is exceeded with probability 1e-6.
    assert chi_square(counts, 24) < 70


@pytest.mark.parametrize("k", [1, 2, 5])
def test_sample_distinct_stays_below_each_count(k):
    counts = np.arange(k, k + 1000)
    key = tf.constant([1, 2], tf.int64)
    sampled = random_subsets.sample_distinct(
        key, tf.constant(counts), k
    ).numpy()
    assert (sampled >= 0).all() and (sampled < counts[:, None]).all()
    assert all(len(set(one)) == k for one in sampled)
    assert sorted(sampled[0]) == list(range(k))
    # Large counts are used to their end.
    assert (sampled / counts[:, None]).max() > 0.99


def test_sample_distinct_of_one_key_is_one_sample():
    counts = tf.fill([50], tf.constant(9, tf.int64))
    one, same, other = (
        random_subsets.sample_distinct(
            tf.constant(key, tf.int64), counts, 2
        ).numpy()
        for key in ([1, 2], [1, 2], [1, 3])
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_used_records_are_k_of_each_identity_with_k(rng):
    counts = np.array([3, 1, 2, 7, 0, 4])
    for k in (1, 2, 3):
        used = random_subsets.used_records(rng, counts, k)
        assert used.shape == (17,) and used.dtype == bool
        parts = np.split(used, np.cumsum(counts)[:-1])
        assert [part.sum() for part in parts] == [
            k if count >= k else 0 for count in counts
        ]


def test_used_records_are_uniform(chi_square, rng):
    counts = np.array([2, 4, 1])
    used = [random_subsets.used_records(rng, counts, 2) for _ in range(3000)]
    chosen = collections.Counter(tuple(np.flatnonzero(u[2:6])) for u in used)
    # 5 degrees of freedom: 36 is exceeded with probability 1e-6.
    assert chi_square(chosen, 6) < 36


def test_used_records_of_an_empty_shard(rng):
    empty = np.array([], np.int64)
    assert random_subsets.used_records(rng, empty, 2).shape == (0,)

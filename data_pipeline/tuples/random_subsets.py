"""Random choices of images, alike for equal keys and equally likely."""

import numpy as np
import tensorflow as tf


def sample_distinct(key, counts, k: int) -> tf.Tensor:
    """k distinct positions below each count, in random order.

    Args:
        key: Stateless seed `[2]`.
        counts: int64 `[n]`, all >= k.
        k: Positions of each.

    Returns:
        int64 `[n, k]`; all ordered choices are equally likely.
    """
    fold = tf.random.experimental.stateless_fold_in
    picks: list[tf.Tensor] = []
    for j in range(k):
        # A rank among the positions that are left, moved past those taken.
        unit = tf.random.stateless_uniform(
            tf.shape(counts), fold(key, j), dtype=tf.float64
        )
        pick = tf.cast(unit * tf.cast(counts - j, tf.float64), tf.int64)
        if picks:
            taken = tf.sort(tf.stack(picks, axis=1), axis=1)
            for i in range(j):
                pick += tf.cast(pick >= taken[:, i], tf.int64)
        picks.append(pick)
    return tf.stack(picks, axis=1)


def used_records(
    rng: np.random.Generator, counts: np.ndarray, k: int
) -> np.ndarray:
    """Which records of a shard an epoch uses: k of each identity with k.

    Args:
        rng: Source of the choice.
        counts: Records of each identity in file order, `[identities]`.
        k: Images in a tuple.

    Returns:
        bool `[sum(counts)]`.
    """
    identity = np.repeat(np.arange(len(counts)), counts)
    # Random order within each identity; the first k of it are used.
    order = np.lexsort((rng.random(len(identity)), identity))
    rank = np.empty(len(identity), np.int64)
    starts = np.cumsum(counts) - counts
    rank[order] = np.arange(len(identity)) - np.repeat(starts, counts)
    return (rank < k) & np.repeat(counts >= k, counts)

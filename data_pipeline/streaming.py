"""Identity tuples from a split that is read again for every epoch."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from data_pipeline import draws, records
from data_pipeline.records import DataSet, ShardIndex

READ_BYTES = 1 << 20  # Of a shard's file, in one go.
READ_AT_ONCE = 256  # Records of a shard.
INTERLEAVED_TUPLES = 16  # Of one shard, before those of the next.
MIXED_TUPLES = 2048  # Encoded tuples that are mixed at once.


def batches(
    data: DataSet,
    split: str,
    indices: Sequence[ShardIndex],
    k: int,
    seed: int,
    batch_size: int,
    start_batch: int,
) -> tf.data.Dataset:
    """Each epoch gives every identity once, in a new order.

    Which images an epoch uses is drawn from the index, so the records that it
    does not use are read past, never parsed or decoded. See
    `pairs.IdentityTuples.batches`.
    """
    shards = data.shards(split)
    side = data.image_size
    per_epoch = sum(int(np.sum(index.counts >= k)) for index in indices)
    first_epoch, skipped = divmod(start_batch * batch_size, per_epoch)
    fold = tf.random.experimental.stateless_fold_in
    shuffle = tf.random.experimental.stateless_shuffle

    def read_shard(shard, epoch):
        """Blocks of (serialised `[n, k]`, identity hash `[n]`)."""

        def choose(shard, epoch):
            rng = np.random.default_rng([seed, epoch, shard])
            index = indices[shard]
            used = draws.used_records(rng, index.counts, k)
            return used, index.hashes[index.counts >= k]

        used, hashes = tf.numpy_function(
            choose, [shard, epoch], (tf.bool, tf.int64), stateful=False
        )
        used = tf.ensure_shape(used, [None])
        hashes = tf.ensure_shape(hashes, [None])

        def keep_used(block, serialised):
            first = block * READ_AT_ONCE
            return tf.boolean_mask(
                serialised, used[first : first + READ_AT_ONCE]
            )

        # Whole blocks all the way: an element costs as much as its work.
        serialised = (
            tf.data.TFRecordDataset(
                tf.gather(shards, shard), buffer_size=READ_BYTES
            )
            .batch(READ_AT_ONCE)
            .enumerate()
            .map(keep_used)
            .rebatch(INTERLEAVED_TUPLES * k)
            .map(lambda used: tf.reshape(used, [-1, k]))
        )
        hashes = tf.data.Dataset.from_tensor_slices(hashes)
        return tf.data.Dataset.zip(
            (serialised, hashes.batch(INTERLEAVED_TUPLES))
        )

    def read_epoch(epoch):
        key = fold(tf.constant([seed, 1], tf.int64), epoch)
        shard_order = shuffle(tf.range(len(shards), dtype=tf.int64), key)
        # Skipped before they are decoded: to resume costs reading only.
        used_up = tf.where(epoch == first_epoch, np.int64(skipped), 0)

        def mix(block, batch):
            """Shuffles the tuples, and the images within each."""
            serialised, hashes = batch
            block_key = fold(key, block)
            n = tf.shape(hashes)[0]
            order = shuffle(tf.range(n), fold(block_key, 0))
            within = tf.argsort(
                tf.random.stateless_uniform([n, k], fold(block_key, 1))
            )
            positions = order[:, None] * k + within
            left = tf.maximum(used_up - block * MIXED_TUPLES, 0)
            return (
                tf.gather(tf.reshape(serialised, [-1]), positions[left:]),
                tf.gather(hashes, order[left:]),
            )

        # All shards at once: otherwise an epoch's tail comes from one.
        # Whole blocks are mixed, by a key of their own: `shuffle()` would
        # depend on the global seed and repeat itself every epoch.
        return (
            tf.data.Dataset.from_tensor_slices(shard_order)
            .interleave(
                lambda shard: read_shard(shard, epoch),
                cycle_length=len(shards),
                num_parallel_calls=tf.data.AUTOTUNE,
                deterministic=True,
            )
            .rebatch(MIXED_TUPLES)
            .enumerate()
            .map(mix)
        )

    def decode(serialised, expected):
        images, hashes = records.decode(
            tf.reshape(serialised, [-1]), batch_size * k, side
        )
        agree = tf.debugging.assert_equal(
            tf.reshape(hashes, [batch_size, k]),
            expected[:, None],
            "The shards do not hold what their index says. Build the data "
            "set again.",
        )
        with tf.control_dependencies([agree]):
            return {
                "images": tf.reshape(images, [batch_size, k, side, side, 3]),
                "identity": tf.ensure_shape(expected, [batch_size]),
            }

    return (
        tf.data.Dataset.range(first_epoch, np.iinfo(np.int64).max)
        .flat_map(read_epoch)
        .prefetch(1)
        .rebatch(batch_size, drop_remainder=True)
        .map(decode, tf.data.AUTOTUNE)
    )

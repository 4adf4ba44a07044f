"""Identity tuples from a split that is read again for every epoch."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from data_pipeline import draws, records
from data_pipeline.batching import Batching
from data_pipeline.records import DataSet
from data_pipeline.shard_index import ShardIndex
from data_pipeline.shard_reader import ShardReader, can_read

READ_BYTES = 1 << 20  # Of a shard's file, in one go.
READ_AT_ONCE = 256  # Records of a shard.
INTERLEAVED_TUPLES = 16  # Of one shard, before those of the next.
EXPECTED_BATCHES = 16  # Asked of the disk before they are read.
MIXED_TUPLES = 2048  # Tuples that are mixed at once, not yet decoded.


def batches(
    data: DataSet,
    split: str,
    indices: Sequence[ShardIndex],
    wanted: Batching,
) -> tf.data.Dataset:
    """Each epoch gives every identity once, in a new order.

    Which images an epoch uses is drawn from the index, and only those are
    read, those of the wanted shares alone. Where shards cannot be read in any
    order, since they are not local or their index does not say where records
    lie, they are read from end to end: all that is not used is read past,
    never parsed or decoded. Both ways give the same tuples. See
    `pairs.IdentityTuples.batches`.
    """
    shards = data.shards(split)
    side = data.image_size
    k, seed, b = wanted.k, wanted.seed, wanted.share_size
    per_epoch = sum(int(np.sum(index.counts >= k)) for index in indices)
    first_epoch, skipped = divmod(
        wanted.start_batch * wanted.batch_size, per_epoch
    )
    reader = None
    if can_read(shards, indices):
        reader = ShardReader(shards, indices)
    fold = tf.random.experimental.stateless_fold_in
    shuffle = tf.random.experimental.stateless_shuffle

    def draw_shard(shard, epoch):
        """The used records of a shard, bool, and the identities' hashes."""

        def choose(shard, epoch):
            rng = np.random.default_rng([seed, epoch, shard])
            index = indices[shard]
            used = draws.used_records(rng, index.counts, k)
            return used, index.hashes[index.counts >= k]

        used, hashes = tf.numpy_function(
            choose, [shard, epoch], (tf.bool, tf.int64), stateful=False
        )
        return tf.ensure_shape(used, [None]), tf.ensure_shape(hashes, [None])

    def place_shard(shard, epoch):
        """Blocks of (places `[n, k, 2]`, identity hash `[n]`)."""
        used, hashes = draw_shard(shard, epoch)
        numbers = tf.where(used)
        places = tf.concat([tf.fill(tf.shape(numbers), shard), numbers], axis=1)
        return tf.data.Dataset.from_tensor_slices(
            (tf.reshape(places, [-1, k, 2]), hashes)
        ).batch(INTERLEAVED_TUPLES)

    def read_shard(shard, epoch):
        """Blocks of (serialised `[n, k]`, identity hash `[n]`)."""
        used, hashes = draw_shard(shard, epoch)

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
            found, hashes = batch
            block_key = fold(key, block)
            n = tf.shape(hashes)[0]
            order = shuffle(tf.range(n), fold(block_key, 0))
            within = tf.argsort(
                tf.random.stateless_uniform([n, k], fold(block_key, 1))
            )
            positions = order[:, None] * k + within
            left = tf.maximum(used_up - block * MIXED_TUPLES, 0)
            return (
                tf.gather(
                    tf.reshape(found, [n * k, *found.shape[2:]]),
                    positions[left:],
                ),
                tf.gather(hashes, order[left:]),
            )

        # All shards at once: otherwise an epoch's tail comes from one.
        # Whole blocks are mixed, by a key of their own: `shuffle()` would
        # depend on the global seed and repeat itself every epoch.
        return (
            tf.data.Dataset.from_tensor_slices(shard_order)
            .interleave(
                lambda shard: (place_shard if reader else read_shard)(
                    shard, epoch
                ),
                cycle_length=len(shards),
                num_parallel_calls=tf.data.AUTOTUNE,
                deterministic=True,
            )
            .rebatch(MIXED_TUPLES)
            .enumerate()
            .map(mix)
        )

    def expect(places, hashes):
        shape = places.shape
        places = tf.numpy_function(
            reader.expect,
            [tf.reshape(places, [-1, 2])],
            tf.int64,
            stateful=False,
        )
        return tf.reshape(places, shape), hashes

    def read_ahead(batches):
        return batches.map(expect).prefetch(EXPECTED_BATCHES)

    def decode(found, expected):
        found = tf.reshape(found, [b * k, *found.shape[2:]])
        if reader:
            found = tf.numpy_function(
                reader.read, [found], tf.string, stateful=False
            )
        images, hashes = records.decode(found, b * k, side)
        agree = tf.debugging.assert_equal(
            tf.reshape(hashes, [b, k]),
            expected[:, None],
            "The shards do not hold what their index says. Build the data "
            "set again.",
        )
        with tf.control_dependencies([agree]):
            return {
                "images": tf.reshape(images, [b, k, side, side, 3]),
                "identity": tf.ensure_shape(expected, [b]),
            }

    return (
        tf.data.Dataset.range(first_epoch, np.iinfo(np.int64).max)
        .flat_map(read_epoch)
        .prefetch(1)
        .rebatch(wanted.batch_size, drop_remainder=True)
        .apply(wanted.take)
        .apply(read_ahead if reader else lambda batches: batches)
        .map(decode, tf.data.AUTOTUNE)
    )

"""Batches of tuples from a split that is read again for every epoch."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from data_pipeline.records import examples
from data_pipeline.records.shard_index import ShardIndex
from data_pipeline.records.shard_reader import ShardReader, can_read
from data_pipeline.tuples import random_subsets
from data_pipeline.tuples.batching import Batching

READ_BYTES = 1 << 20  # Of a shard's file, in one go.
READ_AT_ONCE = 256  # Records of a shard.
INTERLEAVED_TUPLES = 16  # Of one shard, before those of the next.
EXPECTED_BATCHES = 16  # Asked of the disk before they are read.
MIXED_TUPLES = 2048  # Tuples that are mixed at once, not yet decoded.

_fold = tf.random.experimental.stateless_fold_in
_shuffle = tf.random.experimental.stateless_shuffle


class StreamedTuples:
    """Tuples of one identity each; an epoch has every identity once.

    Which images an epoch uses is sampled from the index, and only those are
    read, those of the wanted replicas alone. Where shards cannot be read in any
    order, since they are not local or their index does not say where records
    lie, they are read from end to end: all that is not used is read past,
    never parsed or decoded. Both ways give the same tuples.

    From shard to batch, "found" are the places of records, int64 `[..., 2]`,
    in the first case, and serialised records `[...]` in the second.
    """

    def __init__(
        self,
        shards: Sequence[str],
        indices: Sequence[ShardIndex],
        image_size: int,
        wanted: Batching,
    ):
        """Opens the shards.

        Args:
            shards: Paths of the split's shards.
            indices: Of each shard.
            image_size: Side of the images in pixels.
            wanted: Batches and replicas.
        """
        self._shards = list(shards)
        self._indices = indices
        self._side = image_size
        self._wanted = wanted
        self._k = wanted.k
        per_epoch = sum(
            int(np.sum(index.counts >= wanted.k)) for index in indices
        )
        self._first_epoch, self._used_up = divmod(
            wanted.start_batch * wanted.batch_size, per_epoch
        )
        self._reader = None
        if can_read(self._shards, indices):
            self._reader = ShardReader(self._shards, indices)

    def batches(self) -> tf.data.Dataset:
        """An endless data set of the wanted parts of batches.

        Returns:
            Elements `{"images": uint8 [b, k, h, w, 3], "identity": int64
            [b]}`.
        """
        found = (
            tf.data.Dataset.range(self._first_epoch, np.iinfo(np.int64).max)
            .flat_map(self._epoch)
            .prefetch(1)
            .rebatch(self._wanted.batch_size, drop_remainder=True)
            .apply(self._wanted.take)
        )
        if self._reader:
            found = found.map(self._expect).prefetch(EXPECTED_BATCHES)
        return found.map(self._decode, tf.data.AUTOTUNE)

    def _epoch(self, epoch) -> tf.data.Dataset:
        """Mixed blocks of (found `[n, k]`, identity hash `[n]`)."""
        key = _fold(tf.constant([self._wanted.seed, 1], tf.int64), epoch)
        numbers = tf.range(len(self._shards), dtype=tf.int64)
        # Skipped before they are decoded: to resume costs reading only.
        used_up = tf.where(
            epoch == self._first_epoch, np.int64(self._used_up), 0
        )
        of_shard = self._places if self._reader else self._serialised
        # All shards at once: otherwise an epoch's tail comes from one.
        # Whole blocks are mixed, by a key of their own: `shuffle()` would
        # depend on the global seed and repeat itself every epoch.
        return (
            tf.data.Dataset.from_tensor_slices(_shuffle(numbers, key))
            .interleave(
                lambda shard: of_shard(shard, epoch),
                cycle_length=len(self._shards),
                num_parallel_calls=tf.data.AUTOTUNE,
                deterministic=True,
            )
            .rebatch(MIXED_TUPLES)
            .enumerate()
            .map(
                lambda block, tuples: self._mix(
                    _fold(key, block), used_up - block * MIXED_TUPLES, *tuples
                )
            )
        )

    def _used(self, shard, epoch):
        """The used records of a shard, bool, and the identities' hashes."""

        def choose(shard, epoch):
            rng = np.random.default_rng([self._wanted.seed, epoch, shard])
            index = self._indices[shard]
            used = random_subsets.used_records(rng, index.counts, self._k)
            return used, index.hashes[index.counts >= self._k]

        used, hashes = tf.numpy_function(
            choose, [shard, epoch], (tf.bool, tf.int64), stateful=False
        )
        return tf.ensure_shape(used, [None]), tf.ensure_shape(hashes, [None])

    def _places(self, shard, epoch) -> tf.data.Dataset:
        """Blocks of (places `[n, k, 2]`, identity hash `[n]`) of a shard."""
        used, hashes = self._used(shard, epoch)
        numbers = tf.where(used)
        places = tf.concat([tf.fill(tf.shape(numbers), shard), numbers], axis=1)
        return tf.data.Dataset.from_tensor_slices(
            (tf.reshape(places, [-1, self._k, 2]), hashes)
        ).batch(INTERLEAVED_TUPLES)

    def _serialised(self, shard, epoch) -> tf.data.Dataset:
        """Blocks of (serialised `[n, k]`, identity hash `[n]`) of a shard."""
        used, hashes = self._used(shard, epoch)

        def keep_used(block, serialised):
            first = block * READ_AT_ONCE
            return tf.boolean_mask(
                serialised, used[first : first + READ_AT_ONCE]
            )

        # Whole blocks all the way: an element costs as much as its work.
        serialised = (
            tf.data.TFRecordDataset(
                tf.gather(self._shards, shard), buffer_size=READ_BYTES
            )
            .batch(READ_AT_ONCE)
            .enumerate()
            .map(keep_used)
            .rebatch(INTERLEAVED_TUPLES * self._k)
            .map(lambda kept: tf.reshape(kept, [-1, self._k]))
        )
        hashes = tf.data.Dataset.from_tensor_slices(hashes)
        return tf.data.Dataset.zip(
            (serialised, hashes.batch(INTERLEAVED_TUPLES))
        )

    def _mix(self, key, used_up, found, hashes):
        """Shuffles a block's tuples, and the images within each.

        Args:
            key: Of the block.
            used_up: How many of its tuples an earlier run has used, or less
                than 0.
            found: `[n, k]`.
            hashes: `[n]`.
        """
        n = tf.shape(hashes)[0]
        order = _shuffle(tf.range(n), _fold(key, 0))
        within = tf.argsort(
            tf.random.stateless_uniform([n, self._k], _fold(key, 1))
        )
        positions = order[:, None] * self._k + within
        left = tf.maximum(used_up, 0)
        found = tf.reshape(found, [n * self._k, *found.shape[2:]])
        return (
            tf.gather(found, positions[left:]),
            tf.gather(hashes, order[left:]),
        )

    def _expect(self, places, hashes):
        """Asks the disk for records before they are read."""
        shape = places.shape
        places = tf.numpy_function(
            self._reader.expect,
            [tf.reshape(places, [-1, 2])],
            tf.int64,
            stateful=False,
        )
        return tf.reshape(places, shape), hashes

    def _decode(self, found, expected):
        """A part of a batch, checked against the hashes of the index."""
        b, k, side = self._wanted.replica_batch_size, self._k, self._side
        found = tf.reshape(found, [b * k, *found.shape[2:]])
        if self._reader:
            found = tf.numpy_function(
                self._reader.read, [found], tf.string, stateful=False
            )
        images, hashes = examples.decode(found, b * k, side)
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

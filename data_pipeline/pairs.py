"""Records to identity tuples `[b, k, h, w, c]`, pairing by identity hash.

Identities are uniform, whatever their number of images, and the k images of a
tuple are distinct. Both ways to read, from memory and streaming, are pure
functions of (seed, step), so that a resumed run sees the tuples that an
uninterrupted one would have seen.
"""

import dataclasses
import logging

import numpy as np
import tensorflow as tf

from data_pipeline import records
from data_pipeline.records import BadDataSet, DataSet

DRAWS_AT_ONCE = 4096  # Tuples; one draw of many is cheaper than many of one.
LOADED_AT_ONCE = 256  # Images copied into memory in one go.
READ_AT_ONCE = 256  # Records of a shard.
INTERLEAVED_TUPLES = 16  # Of one shard, before those of the next.
MIXED_TUPLES = 2048  # Encoded tuples that streaming holds and mixes.


@dataclasses.dataclass(frozen=True)
class IdentityTuples:
    """Identity tuples of one split.

    Attributes:
        data: The data set.
        split: "train", "valid" or "test".
        k: Images in a tuple, >= 1.
        seed: Seed of the draws.
        indices: The index of each shard.
    """

    data: DataSet
    split: str
    k: int
    seed: int
    indices: tuple[records.ShardIndex, ...]

    @classmethod
    def open(
        cls, data: DataSet, split: str, k: int, seed: int
    ) -> "IdentityTuples":
        """Reads the split's index.

        Raises:
            BadDataSet: If no identity of the split has k images.
        """
        indices = tuple(data.index(shard) for shard in data.shards(split))
        tuples = cls(data, split, k, seed, indices)
        if not tuples.num_identities:
            raise BadDataSet(
                f"No identity of the split `{split}` has k={k} images. "
                f"Received: data_dir={data.folder!r}"
            )
        if tuples.num_left_out:
            logging.warning(
                "%d identities of the split `%s` have fewer than k=%d images "
                "and are left out; %d stay.",
                tuples.num_left_out,
                split,
                k,
                tuples.num_identities,
            )
        return tuples

    @property
    def counts(self) -> np.ndarray:
        """Images of each identity of the split, int64."""
        return np.concatenate([index.counts for index in self.indices])

    @property
    def num_identities(self) -> int:
        """Identities with at least k images."""
        return int(np.sum(self.counts >= self.k))

    @property
    def num_left_out(self) -> int:
        """Identities with fewer than k images."""
        return len(self.counts) - self.num_identities

    @property
    def decoded_bytes(self) -> int:
        """What the split takes in memory as uint8."""
        return int(self.counts.sum()) * self.data.image_size**2 * 3

    def batches(
        self,
        batch_size: int,
        start_batch: int = 0,
        cache_bytes: float = 8e9,
        num_shares: int = 1,
        shares: tuple[int, ...] = (0,),
    ) -> tf.data.Dataset:
        """An endless data set of batches, from `start_batch` on.

        Args:
            batch_size: Tuples in a global batch.
            start_batch: How many global batches are already used.
            cache_bytes: Splits up to this size are held decoded in memory.
            num_shares: Parts that each global batch is cut into, one for each
                replica.
            shares: The parts to return, in this order, one element each.

        Returns:
            Elements `{"images": uint8 [b, k, h, w, 3], "identity": int64 [b]}`
            with b = batch_size / num_shares; `identity` is the hash.

        Raises:
            ValueError: If `batch_size` cannot be cut into `num_shares`.
        """
        if batch_size % num_shares:
            raise ValueError(
                "`batch_size` must be a multiple of the replicas. Received: "
                f"batch_size={batch_size}, replicas={num_shares}"
            )
        if self.decoded_bytes <= cache_bytes:
            batches = self._from_memory(batch_size, start_batch)
        else:
            batches = self._streaming(batch_size, start_batch)
        if num_shares > 1:
            b = batch_size // num_shares
            batches = batches.flat_map(
                lambda batch: tf.data.Dataset.from_tensor_slices(
                    {
                        name: tf.gather(
                            tf.reshape(x, [num_shares, b, *x.shape[1:]]),
                            tf.constant(shares),
                        )
                        for name, x in batch.items()
                    }
                )
            )
        return batches.prefetch(tf.data.AUTOTUNE)

    def _load(self) -> tuple[np.ndarray, np.ndarray]:
        """All decoded images of the split and their identity hashes."""
        side = self.data.image_size
        total = int(self.counts.sum())
        images = np.empty([total, side, side, 3], np.uint8)
        hashes = np.empty([total], np.int64)
        read = (
            tf.data.TFRecordDataset(self.data.shards(self.split))
            .batch(1)
            .map(lambda record: _decode(record, 1, side), tf.data.AUTOTUNE)
            .unbatch()
            .batch(LOADED_AT_ONCE)
        )
        position = 0
        for image, hashed in read:
            end = position + len(hashed)
            if end > total:
                break
            images[position:end], hashes[position:end] = image, hashed
            position = end
        expected = np.repeat(
            np.concatenate([index.hashes for index in self.indices]),
            self.counts,
        )
        if position != total or not np.array_equal(hashes, expected):
            raise BadDataSet(
                "The shards do not hold what their index says; they are of "
                "different builds or damaged. Build the data set again. "
                f"Received: data_dir={self.data.folder!r}, "
                f"split={self.split!r}"
            )
        return images, hashes

    def _from_memory(self, batch_size: int, start_batch: int):
        images, hashes = self._load()
        counts = self.counts
        starts = np.cumsum(counts) - counts
        enough = counts >= self.k
        # Constants would be copied into the graph; captured tensors are not.
        images, hashes = tf.convert_to_tensor(images), tf.constant(hashes)
        starts, counts = (
            tf.constant(starts[enough]),
            tf.constant(counts[enough]),
        )
        batches_at_once = max(1, DRAWS_AT_ONCE // batch_size)

        def draw(block):
            """Image positions `[batches_at_once, b, k]` of one block."""
            n = batches_at_once * batch_size
            fold = tf.random.experimental.stateless_fold_in
            key = fold(tf.constant([self.seed, 0], tf.int64), block)
            uniform = tf.random.stateless_uniform
            chosen = uniform([n], fold(key, 0), 0, len(starts), dtype=tf.int64)
            picks = draw_distinct(
                fold(key, 1), tf.gather(counts, chosen), self.k
            )
            positions = tf.gather(starts, chosen)[:, None] + picks
            return tf.reshape(positions, [-1, batch_size, self.k])

        def look_up(positions):
            return {
                "images": tf.gather(images, positions),
                "identity": tf.gather(hashes, positions[:, 0]),
            }

        first_block, skipped = divmod(start_batch, batches_at_once)
        return (
            tf.data.Dataset.range(first_block, np.iinfo(np.int64).max)
            .map(draw)
            .unbatch()
            .skip(skipped)
            .map(look_up, tf.data.AUTOTUNE)
        )

    def _streaming(self, batch_size: int, start_batch: int):
        """Each epoch gives every identity once, in a new order.

        Which images an epoch uses is drawn from the index, so the records
        that it does not use are read past, never parsed or decoded.
        """
        shards = self.data.shards(self.split)
        side, k = self.data.image_size, self.k
        first_epoch, skipped = divmod(
            start_batch * batch_size, self.num_identities
        )
        fold = tf.random.experimental.stateless_fold_in
        shuffle = tf.random.experimental.stateless_shuffle

        def read_shard(shard, epoch):
            """Blocks of (serialised `[n, k]`, identity hash `[n]`)."""

            def choose(shard, epoch):
                rng = np.random.default_rng([self.seed, epoch, shard])
                index = self.indices[shard]
                used = used_records(rng, index.counts, k)
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
                    tf.gather(shards, shard), buffer_size=1 << 20
                )
                .batch(READ_AT_ONCE)
                .enumerate()
                .map(keep_used)
                .rebatch(INTERLEAVED_TUPLES * k)
                .map(lambda used: tf.reshape(used, [-1, k]))
            )
            return tf.data.Dataset.zip(
                (
                    serialised,
                    tf.data.Dataset.from_tensor_slices(hashes).batch(
                        INTERLEAVED_TUPLES
                    ),
                )
            )

        def read_epoch(epoch):
            key = fold(tf.constant([self.seed, 1], tf.int64), epoch)
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
            images, hashes = _decode(
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
                    "images": tf.reshape(
                        images, [batch_size, k, side, side, 3]
                    ),
                    "identity": tf.ensure_shape(expected, [batch_size]),
                }

        return (
            tf.data.Dataset.range(first_epoch, np.iinfo(np.int64).max)
            .flat_map(read_epoch)
            .prefetch(1)
            .rebatch(batch_size, drop_remainder=True)
            .map(decode, tf.data.AUTOTUNE)
        )


def _decode(serialised, n: int, side: int):
    """Serialised records `[n]` to uint8 images and identity hashes."""
    parsed = tf.io.parse_example(
        serialised,
        {name: records.FEATURES[name] for name in ("image", "identity_hash")},
    )
    images = tf.stack(
        [
            tf.io.decode_png(png, channels=3)
            for png in tf.unstack(parsed["image"], n)
        ]
    )
    return (
        tf.ensure_shape(images, [n, side, side, 3]),
        tf.ensure_shape(parsed["identity_hash"], [n]),
    )


def draw_distinct(key, counts, k: int) -> tf.Tensor:
    """k distinct positions below each count, in random order.

    Args:
        key: Stateless seed `[2]`.
        counts: int64 `[n]`, all >= k.
        k: Positions to draw.

    Returns:
        int64 `[n, k]`; all ordered choices are equally likely.
    """
    fold = tf.random.experimental.stateless_fold_in
    picks = []
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

"""Batches of tuples from a split that is held decoded in memory."""

import zlib
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from data_pipeline.records import examples
from data_pipeline.records.data_set import DataSet
from data_pipeline.records.errors import BadDataSet
from data_pipeline.records.shard_index import ShardIndex
from data_pipeline.tuples.batching import Batching
from data_pipeline.tuples.groups import Groups
from data_pipeline.tuples.untuned import untuned

SAMPLED_AT_ONCE = 4096  # Tuples; one call for many is cheaper than many.
LOADED_AT_ONCE = 256  # Images copied into memory in one go.


def sample_batches(
    images: np.ndarray | None,
    hashes: np.ndarray,
    kinds: Sequence[Groups],
    wanted: Batching,
    with_rows: bool = False,
) -> tf.data.Dataset:
    """Batches of tuples of several kinds, which take turns.

    Args:
        images: uint8 `[images, h, w, 3]`; None leaves them to be looked up.
        hashes: Their identities' hashes, int64.
        kinds: What images of a tuple have in common.
        wanted: Its batches are of a multiple of the kinds.
        with_rows: Whether to add "row", the number of each tuple's group among
            those of its kind.

    Returns:
        Elements `{"images": [b, k, h, w, 3], "identity": [b]}`, the identity
        of each tuple's first image; without images `"positions"`, int64
        `[b, k]`, instead.
    """
    hashes = tf.constant(hashes)
    if images is not None:
        images = tf.convert_to_tensor(images)
    k, batch_size = wanted.k, wanted.batch_size
    batches_at_once = max(1, SAMPLED_AT_ONCE // batch_size)
    samplers = [groups.sampler(k) for groups in kinds]

    def sample(block):
        """Image positions `[batches_at_once, b, k]` of one block."""
        n = batches_at_once * batch_size // len(kinds)
        fold = tf.random.experimental.stateless_fold_in
        key = fold(tf.constant([wanted.seed, 0], tf.int64), block)
        positions = [
            sampler(fold(key, 2 * kind), fold(key, 2 * kind + 1), n)
            for kind, sampler in enumerate(samplers)
        ]
        return tf.reshape(tf.stack(positions, axis=1), [-1, batch_size, k])

    numbers = None
    if with_rows:
        numbers = tf.constant(
            np.stack([g.numbers(len(hashes)) for g in kinds], axis=1)
        )

    def look_up(positions):
        first = positions[:, 0]
        batch = {"identity": tf.gather(hashes, first)}
        if numbers is not None:
            turns = tf.range(tf.shape(first)[0]) % len(kinds)
            of_kinds = tf.gather(numbers, first)
            batch["row"] = tf.gather(of_kinds, turns, batch_dims=1)
        if images is None:
            return {"positions": positions, **batch}
        return {"images": tf.gather(images, positions), **batch}

    first_block, skipped = divmod(wanted.start_batch, batches_at_once)
    return (
        tf.data.Dataset.range(first_block, np.iinfo(np.int64).max)
        .map(sample)
        .unbatch()
        .skip(skipped)
        .apply(wanted.take)
        .map(look_up, tf.data.AUTOTUNE)
    )


def hashes_of(indices: Sequence[ShardIndex]) -> np.ndarray:
    """The identity hash of each image, in the order of the shards."""
    return np.concatenate(
        [np.repeat(index.hashes, index.counts) for index in indices]
    )


def load(
    data: DataSet, split: str, indices: Sequence[ShardIndex]
) -> tuple[np.ndarray, np.ndarray]:
    """All decoded images of the split and their identity hashes."""
    side = data.image_size
    total = sum(int(index.counts.sum()) for index in indices)
    images = np.empty([total, side, side, 3], np.uint8)
    hashes = np.empty([total], np.int64)
    read = (
        tf.data.TFRecordDataset(data.shards(split))
        .batch(LOADED_AT_ONCE)
        .map(
            lambda held: (held, *examples.decode(held, None, side)),
            tf.data.AUTOTUNE,
        )
        .apply(untuned)
    )
    checksums = None
    if all(index.checksums is not None for index in indices):
        checksums = np.concatenate([index.checksums for index in indices])
    position = 0
    for held, image, hashed in read:
        end = position + len(hashed)
        if end > total:
            break
        if checksums is not None:
            found = [zlib.crc32(record) for record in held.numpy()]
            if not np.array_equal(found, checksums[position:end]):
                break
        images[position:end], hashes[position:end] = image, hashed
        position = end
    if position != total or not np.array_equal(hashes, hashes_of(indices)):
        raise BadDataSet(
            "The shards do not hold what their index says; they are of "
            "different builds or damaged. Build the data set again. "
            f"Received: data_dir={data.folder!r}, split={split!r}"
        )
    return images, hashes

"""Identity tuples from a split that is held decoded in memory."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from data_pipeline import draws, records
from data_pipeline import shares as sharing
from data_pipeline.records import BadDataSet, DataSet, ShardIndex

DRAWS_AT_ONCE = 4096  # Tuples; one draw of many is cheaper than many of one.
LOADED_AT_ONCE = 256  # Images copied into memory in one go.


def batches(
    data: DataSet,
    split: str,
    indices: Sequence[ShardIndex],
    k: int,
    seed: int,
    batch_size: int,
    start_batch: int,
    num_shares: int,
    shares: tuple[int, ...],
) -> tf.data.Dataset:
    """Each tuple is drawn anew; see `pairs.IdentityTuples.batches`."""
    images, hashes = _load(data, split, indices)
    counts = np.concatenate([index.counts for index in indices])
    starts = np.cumsum(counts) - counts
    enough = counts >= k
    # Constants would be copied into the graph; captured tensors are not.
    images, hashes = tf.convert_to_tensor(images), tf.constant(hashes)
    starts, counts = tf.constant(starts[enough]), tf.constant(counts[enough])
    batches_at_once = max(1, DRAWS_AT_ONCE // batch_size)

    def draw(block):
        """Image positions `[batches_at_once, b, k]` of one block."""
        n = batches_at_once * batch_size
        fold = tf.random.experimental.stateless_fold_in
        key = fold(tf.constant([seed, 0], tf.int64), block)
        uniform = tf.random.stateless_uniform
        chosen = uniform([n], fold(key, 0), 0, len(starts), dtype=tf.int64)
        picks = draws.draw_distinct(fold(key, 1), tf.gather(counts, chosen), k)
        positions = tf.gather(starts, chosen)[:, None] + picks
        return tf.reshape(positions, [-1, batch_size, k])

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
        .apply(sharing.take(num_shares, shares))
        .map(look_up, tf.data.AUTOTUNE)
    )


def _load(
    data: DataSet, split: str, indices: Sequence[ShardIndex]
) -> tuple[np.ndarray, np.ndarray]:
    """All decoded images of the split and their identity hashes."""
    side = data.image_size
    counts = np.concatenate([index.counts for index in indices])
    total = int(counts.sum())
    images = np.empty([total, side, side, 3], np.uint8)
    hashes = np.empty([total], np.int64)
    read = (
        tf.data.TFRecordDataset(data.shards(split))
        .batch(LOADED_AT_ONCE)
        .map(lambda held: records.decode(held, None, side), tf.data.AUTOTUNE)
    )
    position = 0
    for image, hashed in read:
        end = position + len(hashed)
        if end > total:
            break
        images[position:end], hashes[position:end] = image, hashed
        position = end
    expected = np.repeat(
        np.concatenate([index.hashes for index in indices]), counts
    )
    if position != total or not np.array_equal(hashes, expected):
        raise BadDataSet(
            "The shards do not hold what their index says; they are of "
            "different builds or damaged. Build the data set again. "
            f"Received: data_dir={data.folder!r}, split={split!r}"
        )
    return images, hashes

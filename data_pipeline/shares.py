"""The parts of global batches that the replicas of one worker get."""

from collections.abc import Callable

import tensorflow as tf


def take(
    num_shares: int, shares: tuple[int, ...]
) -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """For `apply`: each element cut along its first axis, some parts kept.

    It stands where an element still says which images a batch has, before
    they are looked up, read or decoded: a worker then does that for its own
    replicas only.

    Args:
        num_shares: Parts that each element is cut into.
        shares: The parts to keep, in this order, one element each.
    """

    def parts(*batch):
        kept = tf.nest.map_structure(
            lambda x: tf.gather(
                tf.reshape(
                    x, [num_shares, x.shape[0] // num_shares, *x.shape[1:]]
                ),
                tf.constant(shares),
            ),
            batch if len(batch) > 1 else batch[0],
        )
        return tf.data.Dataset.from_tensor_slices(kept)

    def cut(batches):
        return batches if num_shares == 1 else batches.flat_map(parts)

    return cut

"""Which batches of tuples are wanted, and which parts of each."""

import dataclasses

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Batching:
    """All that decides what a worker reads, besides the data.

    Attributes:
        k: Images in a tuple.
        seed: Of the draws.
        batch_size: Tuples in a global batch.
        start_batch: How many global batches are already used.
        num_shares: Parts that each global batch is cut into, one for each
            replica.
        shares: The parts that are wanted, in this order, one element each.

    Raises:
        ValueError: If a batch cannot be cut into `num_shares`.
    """

    k: int
    seed: int
    batch_size: int
    start_batch: int = 0
    num_shares: int = 1
    shares: tuple[int, ...] = (0,)

    def __post_init__(self):
        if self.batch_size % self.num_shares:
            raise ValueError(
                "`batch_size` must be a multiple of the replicas. Received: "
                f"batch_size={self.batch_size}, replicas={self.num_shares}"
            )

    @property
    def share_size(self) -> int:
        """Tuples in a share."""
        return self.batch_size // self.num_shares

    def take(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        """For `apply`: the wanted shares of global batches.

        It stands where an element still says which images a batch has, before
        they are looked up, read or decoded: a worker then does that for its
        own replicas only.
        """

        def parts(*batch):
            kept = tf.nest.map_structure(
                lambda x: tf.gather(
                    tf.reshape(
                        x, [self.num_shares, self.share_size, *x.shape[1:]]
                    ),
                    tf.constant(self.shares),
                ),
                batch if len(batch) > 1 else batch[0],
            )
            return tf.data.Dataset.from_tensor_slices(kept)

        return batches if self.num_shares == 1 else batches.flat_map(parts)

"""Which batches of tuples are wanted, and which parts of each."""

import dataclasses

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Batching:
    """All that decides what a worker reads, besides the data.

    Attributes:
        k: Images in a tuple.
        seed: Of the samples.
        batch_size: Tuples in a global batch.
        start_batch: How many global batches are already used.
        num_replicas: Each global batch is cut into as many equal parts.
        replicas: Those whose parts are wanted, in this order, one element
            each.

    Raises:
        ValueError: If a batch cannot be cut into `num_replicas`.
    """

    k: int
    seed: int
    batch_size: int
    start_batch: int = 0
    num_replicas: int = 1
    replicas: tuple[int, ...] = (0,)

    def __post_init__(self):
        if self.batch_size % self.num_replicas:
            raise ValueError(
                "`batch_size` must be a multiple of the replicas. Received: "
                f"batch_size={self.batch_size}, replicas={self.num_replicas}"
            )

    @property
    def replica_batch_size(self) -> int:
        """Tuples in the part of a replica."""
        return self.batch_size // self.num_replicas

    def take(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        """For `apply`: the wanted parts of global batches.

        It stands where an element still says which images a batch has, before
        they are looked up, read or decoded: a worker then does that for its
        own replicas only.
        """

        size = self.replica_batch_size

        def parts(*batch):
            kept = tf.nest.map_structure(
                lambda x: tf.gather(
                    tf.reshape(x, [self.num_replicas, size, *x.shape[1:]]),
                    tf.constant(self.replicas),
                ),
                batch if len(batch) > 1 else batch[0],
            )
            return tf.data.Dataset.from_tensor_slices(kept)

        return batches if self.num_replicas == 1 else batches.flat_map(parts)

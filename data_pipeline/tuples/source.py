"""The interface of all sources of tuples."""

import abc
import dataclasses

import numpy as np
import tensorflow as tf

from data_pipeline.records.data_set import DataSet
from data_pipeline.tuples.batching import Batching
from data_pipeline.tuples.untuned import untuned


@dataclasses.dataclass(frozen=True)
class TupleSource(abc.ABC):
    """Tuples of photographs of one split that have something in common.

    What they have in common is a subclass's matter. Each subclass has a
    classmethod `open` that reads what it needs of a data set. Batches are pure
    functions of (seed, step), so that a resumed run sees the tuples that an
    uninterrupted one would have seen.

    Attributes:
        data: The data set.
        split: "train", "valid" or "test".
        k: Images in a tuple, >= 1.
        seed: Seed of the samples.
    """

    data: DataSet
    split: str
    k: int
    seed: int

    @property
    def num_kinds(self) -> int:
        """Kinds of tuples that take turns within a batch."""
        return 1

    @property
    @abc.abstractmethod
    def num_images(self) -> int:
        """Images of the split."""

    @property
    @abc.abstractmethod
    def num_identities(self) -> int:
        """Identities of which tuples are sampled."""

    @property
    def decoded_bytes(self) -> int:
        """Memory that the split takes as uint8."""
        return self.num_images * self.data.image_size**2 * 3

    @abc.abstractmethod
    def held_images(self) -> np.ndarray:
        """All images of the split, uint8 `[images, h, w, 3]`."""

    def first(self, n: int) -> np.ndarray:
        """The first n tuples, uint8 `[n, k, h, w, 3]`."""
        rounds = -(-n // self.num_kinds)
        batches = self.batches(rounds * self.num_kinds, cache_bytes=0)
        return next(iter(batches))["images"].numpy()[:n]

    # Nothing of a pipeline branches on tensors: converting its functions would
    # only delay the first batch, by a second.
    @tf.autograph.experimental.do_not_convert
    def batches(
        self,
        batch_size: int,
        start_batch: int = 0,
        cache_bytes: float = 8e9,
        num_replicas: int = 1,
        replicas: tuple[int, ...] = (0,),
        look_up: bool = True,
    ) -> tf.data.Dataset:
        """An endless data set of batches, from `start_batch` on.

        Args:
            batch_size: Tuples in a global batch.
            start_batch: See `Batching`.
            cache_bytes: Splits up to this size are held decoded in memory,
                where the source can stream larger ones.
            num_replicas: See `Batching`.
            replicas: Likewise.
            look_up: Whether the images are wanted; else `"positions"` in
                `held_images`, int64 `[b, k]`, stand for them.

        Returns:
            Elements `{"images": uint8 [b, k, h, w, 3], "identity": int64 [b],
            "row": int64 [b]}` with b = batch_size / num_replicas; `identity` is
            the identity hash of each tuple's first image, and `row` the number
            of its group among those of its kind. Tuple t is of kind
            t % `num_kinds`.

        Raises:
            ValueError: If `batch_size` cannot be cut into `num_replicas` that
                each have all kinds of tuples equally often.
        """
        wanted = Batching(
            self.k, self.seed, batch_size, start_batch, num_replicas, replicas
        )
        if wanted.replica_batch_size % self.num_kinds:
            raise ValueError(
                "`batch_size` must be a multiple of the kinds of tuples times "
                f"the replicas. Received: batch_size={batch_size}, "
                f"{self.num_kinds} kinds, replicas={num_replicas}"
            )
        batches = self._batches(wanted, cache_bytes, look_up)
        return batches.prefetch(tf.data.AUTOTUNE).apply(untuned)

    @abc.abstractmethod
    def _batches(
        self, wanted: Batching, cache_bytes: float, look_up: bool
    ) -> tf.data.Dataset:
        """See `batches`."""

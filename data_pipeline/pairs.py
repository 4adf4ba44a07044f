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

from data_pipeline import memory, records, streaming
from data_pipeline.batching import Batching
from data_pipeline.records import BadDataSet, DataSet
from data_pipeline.shard_index import ShardIndex
from data_pipeline.shard_reader import read_at


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
    indices: tuple[ShardIndex, ...]

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
        if k > 1 and tuples.num_identities == 1:
            logging.warning(
                "The split `%s` has one identity with k=%d images: tuples of "
                "one identity teach nothing of what tells identities apart. "
                "Was the layout right? %r",
                split,
                k,
                data.folder,
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

    def names(self) -> list[str]:
        """The identities with at least k images, by their rows."""
        shards = self.data.shards(self.split)
        return [
            name
            for shard, index in zip(shards, self.indices, strict=True)
            for name, count in zip(
                self.data.names(shard), index.counts, strict=True
            )
            if count >= self.k
        ]

    def first(self, n: int) -> np.ndarray:
        """The first n tuples, uint8 `[n, k, h, w, 3]`."""
        batch = next(iter(self.batches(n, cache_bytes=0)))
        return batch["images"].numpy()

    def photographs(self, n: int) -> np.ndarray:
        """The first photograph of each of the first `n` rows.

        Returns:
            uint8 `[n, h, w, 3]`.
        """
        firsts = np.cumsum(self.counts) - self.counts
        found = read_at(
            self.data.shards(self.split),
            self.indices,
            firsts[self.counts >= self.k][:n],
        )
        side = self.data.image_size
        return records.decode(found, len(found), side)[0].numpy()

    def held_images(self) -> np.ndarray:
        """All images of the split, uint8 `[images, h, w, 3]`."""
        return memory.load(self.data, self.split, self.indices)[0]

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
        look_up: bool = True,
    ) -> tf.data.Dataset:
        """An endless data set of batches, from `start_batch` on.

        Args:
            batch_size: Tuples in a global batch.
            start_batch: See `Batching`.
            cache_bytes: Splits up to this size are held decoded in memory.
            num_shares: See `Batching`.
            shares: Likewise.
            look_up: Whether the images are wanted; else `"positions"` in
                `held_images`, int64 `[b, k]`, stand for them.

        Returns:
            Elements `{"images": uint8 [b, k, h, w, 3], "identity": int64 [b],
            "row": int64 [b]}` with b = batch_size / num_shares; `identity` is
            the hash and `row` the identity's number among those with at least
            k images, in the order of the shards.

        Raises:
            ValueError: If `batch_size` cannot be cut into `num_shares`.
        """
        wanted = Batching(
            self.k, self.seed, batch_size, start_batch, num_shares, shares
        )
        source = self.data, self.split, self.indices, wanted
        if not look_up or self.decoded_bytes <= cache_bytes:
            batches = memory.batches(*source, look_up)
        else:
            batches = streaming.batches(*source)
        return batches.map(self._with_rows()).prefetch(tf.data.AUTOTUNE)

    def _with_rows(self):
        """A function that adds `row` to a batch."""
        hashes = np.concatenate([index.hashes for index in self.indices])
        hashes = hashes[self.counts >= self.k]
        rows = np.argsort(hashes)
        rows, hashes = tf.constant(rows), tf.constant(hashes[rows])

        def add(batch):
            places = tf.searchsorted(hashes, batch["identity"])
            return batch | {"row": tf.gather(rows, places)}

        return add

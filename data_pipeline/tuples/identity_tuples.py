"""Tuples of photographs of one identity."""

import dataclasses
import logging

import numpy as np
import tensorflow as tf

from data_pipeline.records import examples
from data_pipeline.records.data_set import DataSet
from data_pipeline.records.errors import BadDataSet
from data_pipeline.records.shard_index import ShardIndex
from data_pipeline.records.shard_reader import read_at
from data_pipeline.tuples import memory
from data_pipeline.tuples.batching import Batching
from data_pipeline.tuples.groups import Groups
from data_pipeline.tuples.source import TupleSource
from data_pipeline.tuples.streaming import StreamedTuples


@dataclasses.dataclass(frozen=True)
class IdentityTuples(TupleSource):
    """Tuples of one identity each, from memory or streamed from the shards.

    Identities are sampled uniformly, whatever their number of images. The k
    images of a tuple are distinct. An element's `row` is the identity's number
    among those with at least k images, in the order of the shards.

    Attributes:
        indices: The index of each shard.
    """

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
                "The split `%s` has only one identity with k=%d images, and "
                "training needs several. Is the layout right? %r",
                split,
                k,
                data.folder,
            )
        if tuples.num_left_out:
            logging.warning(
                "%d identities of the split `%s` have fewer than k=%d images "
                "and are left out; %d remain.",
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
    def num_images(self) -> int:
        return int(self.counts.sum())

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
        return examples.decode(found, len(found), side)[0].numpy()

    def held_images(self) -> np.ndarray:
        return memory.load(self.data, self.split, self.indices)[0]

    def _batches(
        self, wanted: Batching, cache_bytes: float, look_up: bool
    ) -> tf.data.Dataset:
        if look_up and self.decoded_bytes > cache_bytes:
            batches = StreamedTuples(
                self.data.shards(self.split),
                self.indices,
                self.data.image_size,
                wanted,
            ).batches()
        else:
            images = self.held_images() if look_up else None
            hashes = memory.hashes_of(self.indices)
            kinds = [Groups(None, self.counts)]
            batches = memory.sample_batches(images, hashes, kinds, wanted)
        return batches.map(self._with_rows())

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

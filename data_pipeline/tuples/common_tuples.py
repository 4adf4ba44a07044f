"""Tuples of photographs that have a factor in common, not always the identity.

A product and its brand, a character and its writer: each kind of tuple agrees
in one named factor, or in several, and is free in the others.
"""

import dataclasses
import json

import numpy as np
import tensorflow as tf

from data_pipeline.records import examples
from data_pipeline.records.data_set import DataSet
from data_pipeline.records.errors import BadDataSet
from data_pipeline.tuples import memory
from data_pipeline.tuples.batching import Batching
from data_pipeline.tuples.commonalities import (
    IDENTITY,
    OBSERVATION,
    Commonalities,
)
from data_pipeline.tuples.groups import Groups, group
from data_pipeline.tuples.source import TupleSource

READ_AT_ONCE = 1024


@dataclasses.dataclass(frozen=True)
class CommonTuples(TupleSource):
    """Tuples of several kinds in turn, sampled from memory.

    Attributes:
        images: uint8 `[images, h, w, 3]`.
        hashes: Identity hashes `[images]`.
        kinds: The groups of images of each kind.
    """

    images: np.ndarray
    hashes: np.ndarray
    kinds: tuple[Groups, ...]

    @classmethod
    def open(
        cls,
        data: DataSet,
        split: str,
        k: int,
        seed: int,
        commonalities: Commonalities,
        cache_bytes: float = 8e9,
    ) -> "CommonTuples":
        """Reads the split into memory and groups it by each kind.

        Raises:
            ValueError: If the records carry no such factor, or the split is
                larger than `cache_bytes`: it cannot be streamed, because
                only an identity's records lie together.
            BadDataSet: If fewer than two groups of a kind have k images.
        """
        labels = {IDENTITY, OBSERVATION, *data.label_names}
        unknown = [name for name in commonalities.names if name not in labels]
        if unknown:
            raise ValueError(
                f"`commonalities` must be some of {sorted(labels)}: labels "
                "are the `label_columns` of a build. Received: "
                f"commonalities={unknown}"
            )
        indices = [data.index(shard) for shard in data.shards(split)]
        total = sum(int(index.counts.sum()) for index in indices)
        if total * data.image_size**2 * 3 > cache_bytes:
            raise ValueError(
                "`commonalities` must hold the split in memory, which takes "
                f"{total * data.image_size**2 * 3 / 1e9:.1f} GB: raise "
                f"`cache_gb`. Received: cache_gb={cache_bytes / 1e9}"
            )
        images, hashes = memory.load(data, split, indices)
        values = read_labels(data, split, commonalities.names)
        values[IDENTITY] = hashes.astype(str)
        kinds = []
        for kind in commonalities.kinds:
            groups = group([values[name] for name in kind])
            if np.sum(groups.counts >= k) < 2:
                raise BadDataSet(
                    f"`commonalities` {'+'.join(kind)!r}: fewer than two of "
                    f"its {len(groups.counts)} groups have k={k} images. "
                    f"Received: data_dir={data.folder!r}, split={split!r}"
                )
            kinds.append(groups)
        return cls(data, split, k, seed, images, hashes, tuple(kinds))

    @property
    def num_kinds(self) -> int:
        return len(self.kinds)

    @property
    def num_images(self) -> int:
        return len(self.images)

    @property
    def num_identities(self) -> int:
        """All identities of the split."""
        return len(np.unique(self.hashes))

    def held_images(self) -> np.ndarray:
        return self.images

    def _batches(
        self, wanted: Batching, cache_bytes: float, look_up: bool
    ) -> tf.data.Dataset:
        del cache_bytes  # `open` has checked it.
        images = self.images if look_up else None
        return memory.sample_batches(
            images, self.hashes, self.kinds, wanted, with_rows=True
        )


def read_labels(
    data: DataSet, split: str, names: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """Labels of a split's photographs, and "observation", by name.

    Returns:
        Texts, and None where a record lacks the label.

    Raises:
        BadDataSet: If no record has one of the labels.
    """
    wanted = {n: examples.FEATURES[n] for n in (OBSERVATION, "labels")}
    found: dict[str, list] = {n: [] for n in names if n != IDENTITY}
    for serialised in tf.data.TFRecordDataset(data.shards(split)).batch(
        READ_AT_ONCE
    ):
        parsed = tf.io.parse_example(serialised, wanted)
        for observation, text in zip(
            parsed[OBSERVATION].numpy(), parsed["labels"].numpy(), strict=True
        ):
            labels = {OBSERVATION: observation.decode(), **json.loads(text)}
            for name, values in found.items():
                # A data set of an earlier build has empty ones.
                values.append(labels.get(name) or None)
    for name, values in found.items():
        if values and not any(values):
            raise BadDataSet(
                f"The records of the split `{split}` have no label {name!r}, "
                "which the manifest names: its cells were empty, or they are "
                "of different builds. Build the data set again. "
                f"Received: data_dir={data.folder!r}"
            )
    return {name: np.array(v, object) for name, v in found.items()}

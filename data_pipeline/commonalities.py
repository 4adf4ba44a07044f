"""Tuples of photographs that have a factor in common, not always the identity.

A product and its brand, a character and its writer: each kind of tuple agrees
in one named factor, or in several, and is drawn freely in the others.
"""

import dataclasses
import json

import numpy as np
import tensorflow as tf

from data_pipeline import memory, records
from data_pipeline.batching import Batching
from data_pipeline.memory import Groups
from data_pipeline.records import BadDataSet, DataSet

IDENTITY, OBSERVATION = "identity", "observation"
READ_AT_ONCE = 1024


@dataclasses.dataclass(frozen=True)
class Commonalities:
    """What tuples may have in common.

    Attributes:
        names: The factors, in the order of their codes.
        kinds: The factors that each kind of tuple agrees in.
    """

    names: tuple[str, ...]
    kinds: tuple[tuple[str, ...], ...]

    @classmethod
    def parse(cls, text: str) -> "Commonalities":
        """Reads "brand,product": kinds by commas, several factors by +.

        Raises:
            ValueError: If a kind is empty or comes twice, or a name could
                lead out of a folder.
        """
        kinds = tuple(
            tuple(name.strip() for name in kind.split("+"))
            for kind in text.split(",")
        )
        if not all(name for kind in kinds for name in kind):
            raise ValueError(
                "`commonalities` must be names with commas between, or + for "
                f"tuples that agree in several. Received: {text!r}"
            )
        for name in (name for kind in kinds for name in kind):
            if set(name) & set("/\\") or name.startswith("."):
                raise ValueError(
                    "`commonalities` name files and must be names without "
                    f"slashes. Received: {text!r}"
                )
        if len({frozenset(kind) for kind in kinds}) < len(kinds):
            raise ValueError(
                f"`commonalities` has a kind twice. Received: {text!r}"
            )
        names = dict.fromkeys(name for kind in kinds for name in kind)
        return cls(tuple(names), kinds)

    @property
    def shared(self) -> np.ndarray:
        """Whether a kind agrees in a factor, bool `[kinds, names]`."""
        return np.array(
            [[name in kind for name in self.names] for kind in self.kinds]
        )


@dataclasses.dataclass(frozen=True)
class CommonTuples:
    """Tuples of one split, of all kinds in turn, drawn from memory.

    Attributes:
        data: The data set.
        split: "train", "valid" or "test".
        k: Images in a tuple, >= 1.
        seed: Seed of the draws.
        images: uint8 `[images, h, w, 3]`.
        hashes: Identity hashes `[images]`.
        kinds: The groups of images of each kind.
    """

    data: DataSet
    split: str
    k: int
    seed: int
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
                f"`commonalities` must be of {sorted(labels)}: labels come by "
                "--label_columns of build_records. Received: "
                f"commonalities={unknown}"
            )
        indices = [data.index(shard) for shard in data.shards(split)]
        total = sum(int(index.counts.sum()) for index in indices)
        if total * data.image_size**2 * 3 > cache_bytes:
            raise ValueError(
                "`commonalities` needs the split in memory, and it takes "
                f"{total * data.image_size**2 * 3 / 1e9:.1f} GB: raise "
                f"--cache_gb. Received: cache_gb={cache_bytes / 1e9}"
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

    def batches(
        self,
        batch_size: int,
        start_batch: int = 0,
        cache_bytes: float = 0,
        num_shares: int = 1,
        shares: tuple[int, ...] = (0,),
        look_up: bool = True,
    ) -> tf.data.Dataset:
        """As `pairs.IdentityTuples.batches`; tuple t is of kind t % kinds.

        `row` is the number of the tuple's group among those of its kind, and
        `identity` that of the first image.

        Raises:
            ValueError: If `batch_size` cannot be cut into shares of all kinds.
        """
        del cache_bytes  # `open` has checked it.
        wanted = Batching(
            self.k, self.seed, batch_size, start_batch, num_shares, shares
        )
        if wanted.share_size % len(self.kinds):
            raise ValueError(
                "`batch_size` must be a multiple of the kinds of tuples times "
                f"the replicas. Received: batch_size={batch_size}, "
                f"{len(self.kinds)} kinds, replicas={num_shares}"
            )
        images = self.images if look_up else None
        return memory.draw_batches(
            images, self.hashes, self.kinds, wanted, with_rows=True
        ).prefetch(tf.data.AUTOTUNE)

    def first(self, n: int) -> np.ndarray:
        """The first n tuples, uint8 `[n, k, h, w, 3]`."""
        rounds = -(-n // len(self.kinds))
        batch = next(iter(self.batches(rounds * len(self.kinds))))
        return batch["images"].numpy()[:n]

    def held_images(self) -> np.ndarray:
        """As `pairs.IdentityTuples.held_images`."""
        return self.images

    @property
    def decoded_bytes(self) -> int:
        """What the images take in memory."""
        return self.images.nbytes


def group(values: list[np.ndarray]) -> Groups:
    """Groups images that agree in all of several values `[images]`.

    An image that lacks one of them, which is None, is in no group.
    """
    told = np.flatnonzero(
        np.all([np.not_equal(v.astype(object), None) for v in values], axis=0)
    )
    keys = np.stack(
        [
            np.unique(v[told].astype(str), return_inverse=True)[1].reshape(-1)
            for v in values
        ]
    )
    _, places, counts = np.unique(
        keys, axis=1, return_inverse=True, return_counts=True
    )
    order = told[np.argsort(places.reshape(-1), kind="stable")]
    return Groups(order.astype(np.int64), counts.astype(np.int64))


def read_labels(
    data: DataSet, split: str, names: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """Labels of a split's photographs, and "observation", by name.

    Returns:
        Texts, and None where a record lacks the label.

    Raises:
        BadDataSet: If no record has one of the labels.
    """
    wanted = {n: records.FEATURES[n] for n in (OBSERVATION, "labels")}
    found = {name: [] for name in names if name != IDENTITY}
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

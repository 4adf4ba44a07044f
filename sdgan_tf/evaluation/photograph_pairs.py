"""Photographs of one split by position, and balanced pairs of them."""

import dataclasses
import functools
import json

import numpy as np
import tensorflow as tf

from data_pipeline import records
from data_pipeline.records import BadDataSet, DataSet
from data_pipeline.records.shard_index import ShardIndex
from data_pipeline.records.shard_reader import read_at

DECODED_AT_ONCE = 256
# Of so many a tenth, each chosen by itself, are two or more 19 times in 20.
ENOUGH_IDENTITIES = 50


@dataclasses.dataclass(frozen=True)
class Pairs:
    """Pairs of photographs, half of them matched.

    Attributes:
        positions: Photographs of each pair within the split, `[n, 2]`.
        identities: Identity hashes of the pair, `[n, 2]`.
        matched: Whether they are one identity, `[n]`.
    """

    positions: np.ndarray
    identities: np.ndarray
    matched: np.ndarray

    @property
    def distinct_matched(self) -> int:
        """Matched pairs that differ, whatever the order within a pair."""
        pairs = np.sort(self.positions[self.matched], axis=1)
        return len(np.unique(pairs, axis=0))

    @property
    def num_identities(self) -> int:
        return len(np.unique(self.identities))

    def distinct_photographs(self) -> tuple[np.ndarray, np.ndarray]:
        """The photographs in use, ascending, and where pairs find theirs.

        Returns:
            Positions `[photographs]` and indices into them, `[n, 2]`.
        """
        positions, places = np.unique(self.positions, return_inverse=True)
        return positions, places.reshape(self.positions.shape)


@dataclasses.dataclass(frozen=True)
class Photographs:
    """One split, of which only what is asked for is read.

    Attributes:
        data: The data set.
        split: "train", "valid" or "test".
        indices: The index of each shard.
    """

    data: DataSet
    split: str
    indices: tuple[ShardIndex, ...]

    @classmethod
    def open(cls, data: DataSet, split: str) -> "Photographs":
        """Reads the split's index."""
        shards = data.shards(split)
        return cls(data, split, tuple(data.index(shard) for shard in shards))

    @functools.cached_property
    def hashes(self) -> np.ndarray:
        """Identity hashes, `[identities]`."""
        return np.concatenate([index.hashes for index in self.indices])

    @functools.cached_property
    def counts(self) -> np.ndarray:
        """Photographs of each, `[identities]`."""
        return np.concatenate([index.counts for index in self.indices])

    @property
    def identities(self) -> np.ndarray:
        """The identity hash of each photograph, `[photographs]`."""
        return np.repeat(self.hashes, self.counts)

    @property
    def possible_matched(self) -> int:
        """How many different matched pairs the split has."""
        return int(np.sum(self.counts * (self.counts - 1) // 2))

    def pairs(self, num_pairs: int, seed: int) -> Pairs:
        """Samples balanced pairs, the matched ones first.

        Matched: identity uniform, two distinct photographs. Unmatched: two
        distinct identities, a photograph of each. All are identities of at
        least two photographs, so that both kinds show the same ones. Pairs
        may repeat.

        Raises:
            BadDataSet: If the split lacks two identities of two photographs.
            ValueError: If `num_pairs` is below 2.
        """
        if num_pairs < 2:
            raise ValueError(
                f"`num_pairs` must be at least 2. Received: {num_pairs}"
            )
        usable = np.flatnonzero(self.counts >= 2)
        if len(usable) < 2:
            raise BadDataSet(
                f"The split `{self.split}` needs two identities of two "
                f"photographs; it has {len(usable)}. {self._advice()} "
                f"Received: data_dir={self.data.folder!r}"
            )
        rng = np.random.default_rng([seed, records.SPLITS.index(self.split)])
        num_matched = num_pairs // 2
        starts = np.cumsum(self.counts) - self.counts
        first = rng.integers(0, len(usable), num_pairs)
        # One of the others, if unmatched.
        other = (first + rng.integers(1, len(usable), num_pairs)) % len(usable)
        matched = np.arange(num_pairs) < num_matched
        who = usable[np.stack([first, np.where(matched, first, other)], axis=1)]
        counts = self.counts[who]
        picks = rng.integers(0, counts)
        beside = rng.integers(1, counts[:, 0])
        picks[:, 1] = np.where(
            matched, (picks[:, 0] + beside) % counts[:, 0], picks[:, 1]
        )
        return Pairs(starts[who] + picks, self.hashes[who], matched)

    def _advice(self) -> str:
        """How to get identities into a split that has too few of them."""
        usable = sum(
            int(np.sum(Photographs.open(self.data, split).counts >= 2))
            for split in records.SPLITS
        )
        return (
            f"Of the {usable} such identities in the data set each lies in a "
            "split by its hash. With about one in ten in `valid` and in "
            f"`test` (split_fractions=0.8,0.1,0.1) {ENOUGH_IDENTITIES} are "
            "enough: build it again with more of them, or with larger "
            "fractions for these splits by build_records' `split_fractions`, "
            "such as 0.4,0.3,0.3."
        )

    def read(self, positions: np.ndarray) -> np.ndarray:
        """The photographs at ascending `positions`, uint8 `[n, h, w, 3]`.

        Raises:
            BadDataSet: If the shards do not hold what their index says.
        """
        return self._decoded(positions, self._serialised(positions))

    def read_labelled(
        self, positions: np.ndarray
    ) -> tuple[np.ndarray, list[dict[str, str]]]:
        """As `read`, with the labels of each; "observation" is among them."""
        serialised = self._serialised(positions)
        parsed = tf.io.parse_example(
            serialised,
            {
                name: records.FEATURES[name]
                for name in ("observation", "labels")
            },
        )
        labels = [
            {"observation": observation.decode(), **json.loads(text)}
            for observation, text in zip(
                parsed["observation"].numpy(),
                parsed["labels"].numpy(),
                strict=True,
            )
        ]
        return self._decoded(positions, serialised), labels

    def sample(self, count: int, seed: int) -> np.ndarray:
        """Ascending positions of `count` photographs, none of them twice."""
        total = int(self.counts.sum())
        rng = np.random.default_rng(seed)
        return np.sort(rng.choice(total, min(count, total), replace=False))

    def _serialised(self, positions: np.ndarray) -> np.ndarray:
        return read_at(self.data.shards(self.split), self.indices, positions)

    def _decoded(self, positions, serialised) -> np.ndarray:
        side = self.data.image_size
        images = np.empty([len(serialised), side, side, 3], np.uint8)
        hashes = np.empty([len(serialised)], np.int64)
        for start in range(0, len(serialised), DECODED_AT_ONCE):
            part = slice(start, start + DECODED_AT_ONCE)
            held = serialised[part]
            images[part], hashes[part] = records.decode(held, len(held), side)
        if not np.array_equal(hashes, self.identities[positions]):
            raise BadDataSet(
                f"The shards of the split `{self.split}` do not hold what "
                "their index says. Build the data set again. Received: "
                f"data_dir={self.data.folder!r}"
            )
        return images


def check_splits_are_disjoint(data: DataSet) -> None:
    """Raises BadDataSet if an identity lies in two splits."""
    splits = {
        split: set(Photographs.open(data, split).hashes.tolist())
        for split in records.SPLITS
    }
    for number, a in enumerate(records.SPLITS):
        for b in records.SPLITS[number + 1 :]:
            shared = splits[a] & splits[b]
            if shared:
                raise BadDataSet(
                    f"{len(shared)} identities are in both splits, `{a}` and "
                    f"`{b}`, so evaluation would not be of unseen identities. "
                    "Build the data set again. "
                    f"Received: data_dir={data.folder!r}"
                )

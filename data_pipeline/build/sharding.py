"""Which shard of its split each identity goes to."""

import array
import heapq

import apache_beam as beam
import numpy as np

from data_pipeline.build import picture_counts
from data_pipeline.records.splits import SPLITS


def balance(
    hashes: np.ndarray, counts: np.ndarray, num_shards: int
) -> np.ndarray:
    """Shards of nearly equal numbers of records.

    The largest identity first, each to the shard that holds least; equal ones
    in the order of their hashes, so that the same identities always go alike.
    An identity stays in one piece: no shard exceeds the smallest by more than
    the largest identity.

    Args:
        hashes: Of the identities of one split, int64 `[n]`.
        counts: Records of each, `[n]`.
        num_shards: Shards of the split.

    Returns:
        int32 `[n]`.
    """
    shards = np.empty(len(hashes), np.int32)
    held = [(0, shard) for shard in range(num_shards)]
    for i in np.lexsort((hashes, -np.asarray(counts))):
        records, shard = held[0]
        shards[i] = shard
        heapq.heapreplace(held, (records + int(counts[i]), shard))
    return shards


class BalanceShards(beam.CombineFn):
    """(split, hash, count) of all identities to their shards.

    Its result, `(hashes, shards)`, is sorted by hash; see `shard_of`. It takes
    24 bytes an identity while it collects, 12 in the end. It is where all that
    will be written is known, and notes how much that is.
    """

    def __init__(
        self, splits: tuple[str, ...], num_shards: int, temporary_dir: str
    ):
        self._splits = splits
        self._num_shards = num_shards
        self._folder = temporary_dir

    def create_accumulator(self):
        return array.array("q")

    def add_input(self, accumulator, element):
        split, hashed, count = element
        accumulator.extend((self._splits.index(split), hashed, count))
        return accumulator

    def merge_accumulators(self, accumulators):
        merged = array.array("q")
        for accumulator in accumulators:
            merged.extend(accumulator)
        return merged

    def extract_output(self, accumulator):
        table = np.asarray(accumulator, np.int64).reshape(-1, 3)
        split, hashes, counts = table[np.argsort(table[:, 1])].T
        picture_counts.expect(self._folder, int(counts.sum()))
        shards = np.empty(len(hashes), np.int32)
        for number in range(len(self._splits)):
            own = split == number
            shards[own] = balance(hashes[own], counts[own], self._num_shards)
        return np.ascontiguousarray(hashes), shards


def shard_of(hashed: int, assigned: tuple[np.ndarray, np.ndarray]) -> int:
    """The shard of an identity in what `BalanceShards` gave."""
    hashes, shards = assigned
    return int(shards[np.searchsorted(hashes, hashed)])


class AssignShards(beam.PTransform):
    """Identities of `SelectIdentities` to ((split, shard), (hash, pack))."""

    def __init__(self, num_shards: int, temporary_dir: str):
        super().__init__()
        self._combine = BalanceShards(SPLITS, num_shards, temporary_dir)

    def expand(self, placed):
        # Typed, which outputs of several kinds are not: else it would be
        # pickled.
        placed = placed | "Typed" >> beam.Map(lambda e: e).with_output_types(
            tuple[str, int, int, bytes]
        )
        assigned = (
            placed
            | "Size" >> beam.Map(_size)
            | "Balance" >> beam.CombineGlobally(self._combine)
        )
        return placed | "ToShard" >> beam.Map(
            _to_shard, beam.pvalue.AsSingleton(assigned)
        ).with_output_types(tuple[tuple[str, int], tuple[int, bytes]])


def _size(placed):
    # Not a slice, whose type Beam takes to be that of the whole.
    split, hashed, count, _ = placed
    return split, hashed, count


def _to_shard(placed, assigned):
    split, hashed, _, packed = placed
    return (split, shard_of(hashed, assigned)), (hashed, packed)

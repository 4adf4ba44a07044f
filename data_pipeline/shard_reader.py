"""Single records of a split's shards, read where the indices say they lie."""

import io
import os
import zlib
from collections.abc import Sequence

import numpy as np

from data_pipeline import records
from data_pipeline.records import ShardIndex


def can_read(shards: Sequence[str], indices: Sequence[ShardIndex]) -> bool:
    """Whether the shards are local files and the indices say where to read."""
    return all(index.lengths is not None for index in indices) and all(
        os.path.exists(shard) for shard in shards
    )


class ShardReader:
    """Reads records in any order. Several threads may read at once."""

    def __init__(self, shards: Sequence[str], indices: Sequence[ShardIndex]):
        """Opens the shards.

        Args:
            shards: Their paths, local.
            indices: Of each shard; of builds that note the records' lengths.
        """
        self._shards = list(shards)
        self._files = [io.FileIO(shard) for shard in shards]
        self._starts = [index.starts() for index in indices]
        self._indices = list(indices)

    def read(self, places: np.ndarray) -> np.ndarray:
        """Serialised records.

        Args:
            places: Shard and number of each record in it, int64 `[n, 2]`.

        Returns:
            bytes `[n]` as objects.

        Raises:
            BadDataSet: If a record is not the one that its index describes.
        """
        serialised = np.empty([len(places)], object)
        # In the order of the files, for disks that read ahead.
        for position in np.lexsort((places[:, 1], places[:, 0])):
            shard, number = places[position]
            index = self._indices[shard]
            record = os.pread(
                self._files[shard].fileno(),
                index.lengths[number],
                self._starts[shard][number],
            )
            if zlib.crc32(record) != index.checksums[number]:
                raise records.BadDataSet(
                    "The shards do not hold what their index says. Build the "
                    f"data set again. Received: shard={self._shards[shard]!r}, "
                    f"record={number}"
                )
            serialised[position] = record
        return serialised

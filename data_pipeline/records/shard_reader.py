"""Single records of a split's shards, read where the indices say they lie."""

import atexit
import io
import os
import time
import weakref
import zlib
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from data_pipeline.records.errors import BadDataSet
from data_pipeline.records.shard_index import ShardIndex

QUIET_SECONDS = 0.2  # Without a read: then none is under way.


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
        self._closed, self._last_read = False, 0.0
        _readers.add(self)

    def close(self) -> None:
        """Lets all reads fail from now on, and waits until there are none.

        A thread of tf.data that comes back to an interpreter that is ending
        waits for it for ever, and the interpreter for the thread.
        """
        self._closed = True
        while time.monotonic() - self._last_read < QUIET_SECONDS:
            time.sleep(QUIET_SECONDS / 10)

    def expect(self, places: np.ndarray) -> np.ndarray:
        """Lets the system fetch records that `read` will want; no waiting.

        A disk is then asked for many at once, and not for one after another.

        Args:
            places: See `read`.

        Returns:
            `places`.
        """
        self._last_read = time.monotonic()
        if hasattr(os, "posix_fadvise") and not self._closed:
            for shard, number in places:
                os.posix_fadvise(
                    self._files[shard].fileno(),
                    self._starts[shard][number],
                    self._indices[shard].lengths[number],
                    os.POSIX_FADV_WILLNEED,
                )
        return places

    def read(self, places: np.ndarray) -> np.ndarray:
        """Serialised records.

        Args:
            places: Shard and number of each record in it, int64 `[n, 2]`.

        Returns:
            bytes `[n]` as objects.

        Raises:
            BadDataSet: If a record is not the one that its index describes.
            RuntimeError: If the program is ending.
        """
        self._last_read = time.monotonic()
        if self._closed:
            raise RuntimeError("The reader is closed: the program is ending.")
        serialised = np.empty([len(places)], object)
        # In the order of the files, for disks that read ahead.
        for position in np.lexsort((places[:, 1], places[:, 0])):
            self._last_read = time.monotonic()
            shard, number = places[position]
            index = self._indices[shard]
            record = os.pread(
                self._files[shard].fileno(),
                index.lengths[number],
                self._starts[shard][number],
            )
            if zlib.crc32(record) != index.checksums[number]:
                raise BadDataSet(
                    "The shards do not hold what their index says. Build the "
                    f"data set again. Received: shard={self._shards[shard]!r}, "
                    f"record={number}"
                )
            serialised[position] = record
        return serialised


def read_at(
    shards: Sequence[str], indices: Sequence[ShardIndex], positions: np.ndarray
) -> np.ndarray:
    """Serialised records of a split, of which only these are read if possible.

    Args:
        shards: Paths of the split's shards.
        indices: Of each shard.
        positions: Within the split, ascending, `[n]`.

    Returns:
        bytes `[n]` as objects.

    Raises:
        BadDataSet: If the shards do not hold what their indices say.
    """
    sizes = np.array([index.counts.sum() for index in indices])
    if can_read(shards, indices):
        ends = np.cumsum(sizes)
        shard = np.searchsorted(ends, positions, side="right")
        number = positions - (ends - sizes)[shard]
        return ShardReader(shards, indices).read(np.stack([shard, number], 1))
    wanted = np.zeros(sizes.sum(), bool)
    wanted[positions] = True
    keep = tf.constant(wanted)
    found = (
        tf.data.TFRecordDataset(shards)
        .take(len(wanted))
        .enumerate()
        .filter(lambda position, _: keep[position])
        .map(lambda _, record: record)
    )
    serialised = np.array(list(found.as_numpy_iterator()), object)
    if len(serialised) != len(positions):
        raise BadDataSet(
            "The shards do not hold what their index says. Build the data set "
            f"again. Received: shards={list(shards)[:1]}"
        )
    return serialised


_readers: "weakref.WeakSet[ShardReader]" = weakref.WeakSet()


@atexit.register
def _close_readers() -> None:
    for reader in list(_readers):
        reader.close()

"""The index of a shard: which identities' records it holds, and where.

It is an npz of arrays without pickles; identities and records are in the
order of the shard, an identity's records together.
"""

import dataclasses
import io
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from data_pipeline.records.splits import identity_hash

# Of a record in a TFRecord file: its length, and the checksum of that, before
# it, its own checksum behind it.
LEAD_BYTES, TRAIL_BYTES = 8 + 4, 4


def index_path(shard: str) -> str:
    """The index beside a shard."""
    return shard.removesuffix(".tfrecord") + ".npz"


@dataclasses.dataclass(frozen=True)
class ShardIndex:
    """The identities of one shard in the order of their records.

    Attributes:
        hashes: Identity hashes, int64 `[identities]`.
        counts: Records of each, int64 `[identities]`.
        shard_bytes: Size of the shard's file.
        content: SHA-256 of its records, hexadecimal; "" where a build did not
            say it.
        lengths: Bytes of each record, int32 `[records]`; None in the index
            of an older build.
        checksums: CRC-32 of each record, uint32 `[records]`, or None.
    """

    hashes: np.ndarray
    counts: np.ndarray
    shard_bytes: int
    content: str = ""
    lengths: np.ndarray | None = None
    checksums: np.ndarray | None = None

    def starts(self) -> np.ndarray:
        """Where each record starts in the file, int64 `[records]`."""
        if self.lengths is None:
            raise ValueError("An older build's index holds no lengths.")
        whole = self.lengths + np.int64(LEAD_BYTES + TRAIL_BYTES)
        return np.cumsum(whole) - whole + LEAD_BYTES

    @classmethod
    def read(cls, path: str) -> "ShardIndex":
        """Reads what `write` wrote, now or in an older build.

        Raises:
            Exception: Of many kinds, if the file is damaged or no index.
        """
        with np.load(_open(path), allow_pickle=False) as arrays:
            hashes, counts = arrays["hashes"], arrays["counts"]
            content = b""
            if "content" in arrays:
                content = arrays["content"].item()
            index = cls(
                hashes.astype(np.int64, casting="safe"),
                counts.astype(np.int64, casting="safe"),
                int(arrays["shard_bytes"]),
                content.decode(),
                arrays.get("lengths"),
                arrays.get("checksums"),
            )
        if hashes.ndim != 1 or hashes.shape != counts.shape:
            raise ValueError(f"shapes {hashes.shape}, {counts.shape}")
        if (counts < 1).any() or counts.sum() > index.shard_bytes:
            raise ValueError("impossible counts")
        for name in ("lengths", "checksums"):
            values = getattr(index, name)
            if values is None:
                continue
            kinds = np.integer if name == "lengths" else np.uint32
            if not np.issubdtype(values.dtype, kinds):
                raise ValueError(f"{name} of type {values.dtype}")
            if values.shape != (counts.sum(),):
                raise ValueError(f"{name} of shape {values.shape}")
        if index.lengths is not None and (index.lengths < 0).any():
            raise ValueError("impossible lengths")
        return index

    def write(self, path: str, names: Sequence[str]) -> None:
        """Writes the index with the identities' names, kept as UTF-8 bytes."""
        buffer = io.BytesIO()  # A zip seeks back, which remote files cannot.
        arrays: dict[str, Any] = {
            "names": np.array([name.encode("utf-8") for name in names], "S"),
            "hashes": self.hashes,
            "counts": self.counts,
            "lengths": self.lengths,
            "checksums": self.checksums,
            "shard_bytes": np.int64(self.shard_bytes),
            "content": np.array(self.content.encode(), "S"),
        }
        np.savez(buffer, **arrays)
        with tf.io.gfile.GFile(path, "wb") as file:
            file.write(buffer.getvalue())


def write_index(
    path: str, identities: list[str], counts: list[int], content: str = ""
) -> None:
    """Writes the index of one shard, which must be complete.

    The shard is read once more, to note where its records lie.

    Args:
        path: `index_path` of the shard.
        identities: Names in the order of the records; kept as UTF-8 bytes.
        counts: Records of each.
        content: SHA-256 of the records, hexadecimal.

    Raises:
        OSError: If the shard cannot be read back: TensorFlow's writer does not
            say that a disk is full.
    """
    shard = path.removesuffix(".npz") + ".tfrecord"
    lengths, checksums = [], []
    try:
        for record in tf.data.TFRecordDataset(shard).as_numpy_iterator():
            lengths.append(len(record))
            checksums.append(zlib.crc32(record))
    except tf.errors.DataLossError:
        lengths.clear()
    if len(lengths) != sum(counts):
        raise OSError(
            f"`{shard}` does not hold the {sum(counts)} records that were "
            "written to it: is the disk full?"
        )
    ShardIndex(
        np.array([identity_hash(i) for i in identities], np.int64),
        np.array(counts, np.int64),
        tf.io.gfile.stat(shard).length,
        content,
        np.array(lengths, np.int32),
        np.array(checksums, np.uint32),
    ).write(path, identities)


def read_names(path: str) -> list[str]:
    """The identities' names in the order of an index."""
    with np.load(_open(path), allow_pickle=False) as arrays:
        return [name.decode("utf-8") for name in arrays["names"]]


def _open(path: str) -> io.BytesIO:
    with tf.io.gfile.GFile(path, "rb") as file:
        return io.BytesIO(file.read())

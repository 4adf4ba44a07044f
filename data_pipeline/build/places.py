"""Pictures within other files: members of archives, records, cells."""

import bz2
import contextlib
import functools
import gzip
import lzma
import struct
import zlib
from collections.abc import Callable

import tensorflow as tf

from data_pipeline.build import mxnet_recordio
from data_pipeline.build.photograph import Place

# What decompresses a tar whose name ends so.
STREAMS: dict[str, Callable] = {
    ".tar.gz": gzip.open,
    ".tgz": gzip.open,
    ".tar.bz2": bz2.open,
    ".tbz2": bz2.open,
    ".tar.xz": lzma.open,
    ".txz": lzma.open,
}
# A picture's file may decompress to so much.
MAX_BYTES = 1 << 30
ZIP_HEADER = struct.Struct("<4s5H3L2H")


def is_dear(place: Place | None) -> bool:
    """Whether to read one picture alone takes as long as to read many."""
    return place is not None and place[1].startswith(("column ", "stream"))


def is_stream(place: Place | None) -> bool:
    """Whether the file must be read from its beginning."""
    return place is not None and place[1] == "stream"


def read(place: Place) -> bytes:
    """The bytes at a place within another file.

    Raises:
        OSError: If they cannot be read, or are more than `MAX_BYTES`.
    """
    try:
        return _read(*place)
    except tf.errors.OpError as error:
        raise OSError(error.message) from error


def _read(path: str, how: str, first: int, second: int) -> bytes:
    if how.startswith("column "):
        return _read_cell(path, how.removeprefix("column "), first, second)
    if second > MAX_BYTES:
        raise OSError(f"it has {second} bytes")
    if how == "stream":
        return _read_at(_stream(path), first, second)
    with tf.io.gfile.GFile(path, "rb") as file:
        if how == "zip":
            return _read_zip(file, first, second)
        if how == "record":
            return mxnet_recordio.read_picture(_read_at(file, first, second))
        return _read_at(file, first, second)


def _read_at(file, offset: int, length: int) -> bytes:
    file.seek(offset)
    data = file.read(length)
    if len(data) != length:
        raise OSError("the file that contains it is truncated")
    return data


def _read_zip(file, offset: int, length: int) -> bytes:
    header = ZIP_HEADER.unpack(_read_at(file, offset, ZIP_HEADER.size))
    method, behind = header[3], header[9] + header[10]
    data = _read_at(file, offset + ZIP_HEADER.size + behind, length)
    if method == 0:
        return data
    if method != 8:
        raise OSError(f"it is compressed with the zip method {method}")
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = inflate.decompress(data, MAX_BYTES)
    except zlib.error as error:
        raise OSError(f"it is damaged: {error}") from error
    if not inflate.eof:
        raise OSError("it is truncated, or too large")
    return data


@functools.lru_cache(maxsize=1)
def _stream(path: str):
    return decompressed(path)


def _read_cell(path: str, column: str, group: int, row: int) -> bytes:
    value = _row_group(path, column, group)[row].as_py()
    if isinstance(value, dict):  # Hugging Face's pictures.
        value = value["bytes"]
    return value or b""


@functools.lru_cache(maxsize=1)
def _row_group(path: str, column: str, group: int):
    with open_parquet(path) as file:
        return file.read_row_group(group, columns=[column]).column(column)


@contextlib.contextmanager
def open_parquet(path: str):
    """A `pyarrow.parquet.ParquetFile`.

    Raises:
        OSError: If it cannot be read.
    """
    # Beam brings pyarrow; both take seconds, and few collections need them.
    import pyarrow.parquet
    from apache_beam.io.filesystem import BeamIOError, CompressionTypes
    from apache_beam.io.filesystems import FileSystems

    try:
        with FileSystems.open(
            path, compression_type=CompressionTypes.UNCOMPRESSED
        ) as file:
            yield pyarrow.parquet.ParquetFile(file)
    except (BeamIOError, pyarrow.ArrowException) as error:
        raise OSError(str(error)) from error


def decompressed(path: str):
    """The tar in a compressed file, as a stream that seeks forwards well."""
    ending = next(end for end in STREAMS if path.lower().endswith(end))
    return STREAMS[ending](tf.io.gfile.GFile(path, "rb"))

"""Pictures within other files: members of archives, records, cells."""

import bz2
import contextlib
import functools
import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable

import tensorflow as tf

from data_pipeline.build import mxnet_recordio
from data_pipeline.build.photograph import Place

# What decompresses a file that begins so. Names do not decide: browsers
# decompress what they load and keep its name.
STREAMS: dict[bytes, Callable] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
    b"]\0\0": lzma.open,
}
HEAD_BYTES = 512  # Of a tar: its first header.
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
            return _read_zip(path, file, first, second)
        if how == "record":
            return mxnet_recordio.read_picture(_read_at(file, first, second))
        return _read_at(file, first, second)


def _read_at(file, offset: int, length: int) -> bytes:
    file.seek(offset)
    data = file.read(length)
    if len(data) != length:
        raise OSError("the file that contains it is truncated")
    return data


def _read_zip(path: str, file, offset: int, length: int) -> bytes:
    header = ZIP_HEADER.unpack(_read_at(file, offset, ZIP_HEADER.size))
    method, behind = header[3], header[9] + header[10]
    data = _read_at(file, offset + ZIP_HEADER.size + behind, length)
    if method == zipfile.ZIP_STORED:
        return data
    if method != zipfile.ZIP_DEFLATED:
        return _read_member(path, offset)
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = inflate.decompress(data, MAX_BYTES)
    except zlib.error as error:
        raise OSError(f"it is damaged: {error}") from error
    if not inflate.eof:
        raise OSError("it is truncated, or too large")
    return data


def _read_member(path: str, offset: int) -> bytes:
    """A member of a zip that is compressed in a less common way."""
    archive, members = _members(path)
    try:
        with archive.open(members[offset]) as file:
            data = file.read(MAX_BYTES + 1)
    # Each way has an error of its own for damaged data.
    except (
        zipfile.BadZipFile,
        lzma.LZMAError,
        OSError,
        EOFError,
        KeyError,
    ) as error:
        raise OSError(f"it is damaged: {error}") from error
    if len(data) > MAX_BYTES:
        raise OSError("it is too large")
    return data


@functools.lru_cache(maxsize=1)
def _members(path: str):
    archive = zipfile.ZipFile(tf.io.gfile.GFile(path, "rb"))
    return archive, {m.header_offset: m for m in archive.infolist()}


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


def read_head(path: str) -> bytes:
    """The beginning of a file."""
    with tf.io.gfile.GFile(path, "rb") as file:
        return file.read(HEAD_BYTES)


def decompressor(head: bytes) -> Callable | None:
    """Finds the decompressor of a file by its head; None if it is plain."""
    return next(
        (opens for h, opens in STREAMS.items() if head[: len(h)] == h), None
    )


def decompressed(path: str):
    """The tar in a compressed file, as a stream that seeks forwards well."""
    opens = decompressor(read_head(path))
    if not opens:
        raise OSError("the file that holds it was changed")
    return opens(tf.io.gfile.GFile(path, "rb"))

"""MXNet's RecordIO, in which insightface keeps faces.

A file is a row of records. A record is a magic number, flags and length, and
data, filled up to four bytes. Data that holds the magic number itself is cut
there into several such parts. The data is a header with one label or several,
and a picture's file.
"""

import dataclasses
import struct
from collections.abc import Iterator

MAGIC = 0xCED7230A
PART = struct.Struct("<II")  # Magic, and kind of part with length.
LENGTH_BITS = 29
WHOLE, FIRST, MIDDLE, LAST = range(4)  # Kinds of parts.
# Number of labels (0: the one that follows), label, two ids.
HEADER = struct.Struct("<IfQQ")
MAX_LABELS = 1024


@dataclasses.dataclass(frozen=True)
class Record:
    """One record, without its picture.

    Attributes:
        offset: Where it begins in the file.
        length: Bytes of all its parts.
        labels: One or several.
        number: Its id.
        has_picture: Whether anything follows the header. insightface has
            records that only tell which others are of one identity.
    """

    offset: int
    length: int
    labels: tuple[float, ...]
    number: int
    has_picture: bool


def read_records(file) -> Iterator[Record]:
    """The records of a file that seeks; their pictures are not read.

    Raises:
        ValueError: If it is no RecordIO file.
    """
    offset = 0
    while head := file.read(PART.size):
        kind, length = _part(head, offset)
        start = file.read(min(length, HEADER.size + 4 * MAX_LABELS))
        flag, label, number, _ = _header(start, offset)
        labels = (label,)
        if flag:
            labels = struct.unpack_from(f"<{flag}f", start, HEADER.size)
        end = offset + PART.size + _filled(length)
        while kind in (FIRST, MIDDLE):
            file.seek(end)
            kind, more = _part(file.read(PART.size), end)
            end += PART.size + _filled(more)
        has_picture = length > HEADER.size + 4 * flag
        yield Record(offset, end - offset, labels, number, has_picture)
        offset = end
        file.seek(offset)


def read_picture(record: bytes) -> bytes:
    """The picture's file in a record with all its parts.

    Raises:
        OSError: If the record is damaged.
    """
    try:
        parts, offset, kind = [], 0, FIRST
        while kind not in (WHOLE, LAST):
            kind, length = _part(record[offset : offset + PART.size], offset)
            offset += PART.size
            parts.append(record[offset : offset + length])
            offset += _filled(length)
        data = MAGIC.to_bytes(4, "little").join(parts)
        flag, *_ = _header(data, 0)
    except ValueError as error:
        raise OSError(str(error)) from error
    return data[HEADER.size + 4 * flag :]


def _part(head: bytes, offset: int) -> tuple[int, int]:
    magic, kind_and_length = PART.unpack(head.ljust(PART.size, b"\0"))
    if magic != MAGIC:
        raise ValueError(f"no RecordIO record begins at byte {offset}")
    return (
        kind_and_length >> LENGTH_BITS,
        kind_and_length & ((1 << LENGTH_BITS) - 1),
    )


def _header(data: bytes, offset: int) -> tuple[int, float, int, int]:
    if len(data) >= HEADER.size:
        header = HEADER.unpack_from(data)
        if header[0] <= MAX_LABELS and (
            len(data) >= HEADER.size + 4 * header[0]
        ):
            return header
    raise ValueError(f"the record at byte {offset} has no header of labels")


def _filled(length: int) -> int:
    return (length + 3) // 4 * 4

"""The layout `recordio`: insightface's and MXNet's `.rec` files.

The identity is a record's first label. The index `.idx` is not needed: the
records are read in the file's order. Those without a picture, in which
insightface notes the records of each identity, are skipped.
"""

from collections.abc import Iterator

import tensorflow as tf

from data_pipeline.build import mxnet_recordio
from data_pipeline.build.errors import BadCollection
from data_pipeline.build.layouts.shards import find_shards
from data_pipeline.build.listing import Notes
from data_pipeline.build.photograph import Photograph
from data_pipeline.build.reading import Reading


def photographs(root: str, how: Reading, notes: Notes) -> Iterator[Photograph]:
    """The records with a picture of each file."""
    without = 0
    for path, split in find_shards(root, how, notes, r"\.rec"):
        with tf.io.gfile.GFile(path, "rb") as file:
            found = mxnet_recordio.read_records(file)
            while record := _next(found, path):
                if not record.has_picture:
                    without += 1
                    continue
                yield Photograph(
                    f"{path}/{record.offset}",
                    f"{record.labels[0]:g}"
                    if record.labels[0] % 1
                    else str(int(record.labels[0])),
                    str(record.number or record.offset),
                    split=split,
                    place=(path, "record", record.offset, record.length),
                )
    notes.kinds.pop(".idx", None)
    notes.kinds.pop(".lst", None)
    if without:
        notes.lines.append(f"skipped: {without:,} records without picture")


def _next(found, path: str):
    try:
        return next(found, None)
    except (ValueError, tf.errors.OpError) as error:
        raise BadCollection(f"`{path}` cannot be read: {error}") from error

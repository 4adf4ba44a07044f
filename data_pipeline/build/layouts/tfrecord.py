"""The layout `tfrecord`: TFRecords of `tf.train.Example`s, such as TFDS'.

`--image_column`, `--identity_column` and `--label_columns` name features. Where
TFDS' `label.labels.txt` lies beside the shards, `label` gets its names.
"""

import struct
from collections.abc import Iterator

import tensorflow as tf

from data_pipeline.build import collection_files, csv_tables, listing
from data_pipeline.build.errors import BadCollection
from data_pipeline.build.layouts.shards import find_shards
from data_pipeline.build.listing import Notes
from data_pipeline.build.photograph import Photograph
from data_pipeline.build.reading import Reading

NAMED = r"\.tfrecords?(?:-\d+-of-\d+)?"
HEAD = struct.Struct("<QI")  # A record's length, and a checksum of that.
TRAIL_BYTES = 4
MAX_BYTES = 1 << 30
BESIDE = (".json", ".txt")  # What TFDS puts beside its shards.


def photographs(root: str, how: Reading, notes: Notes) -> Iterator[Photograph]:
    """The examples of each shard."""
    for path, split in find_shards(root, how, notes, NAMED):
        names = _class_names(path)
        for offset, record in _records(path):
            try:
                features = tf.train.Example.FromString(record).features.feature
            except Exception as error:  # protobuf's own kinds.
                raise BadCollection(
                    f"`{path}` holds no tf.train.Example at byte {offset}"
                ) from error
            yield _photograph(path, split, how, names, offset, record, features)
    for ending in BESIDE:
        notes.kinds.pop(ending, None)


def _photograph(path, split, how, names, offset, record, features):
    columns = how.columns
    for name in (columns.image, columns.identity, *columns.labels):
        if name not in features:
            raise BadCollection(
                f"`{path}` has no feature `{name}`. Set --image_column, "
                "--identity_column, --label_columns. "
                f"Received: {sorted(features)}"
            )
    image = b"".join(features[columns.image].bytes_list.value[:1])
    identity = _text(features[columns.identity])
    if names and identity.isdigit() and int(identity) < len(names):
        identity = names[int(identity)]
    fault = None
    if not image or not identity:
        fault = "no image" if not image else "no identity"
    return Photograph(
        f"{path}/{offset}",
        identity,
        str(offset),
        tuple((name, _text(features[name])) for name in columns.labels),
        split,
        fault=fault,
        # The picture lies in the record as it is.
        place=(path, "bytes", offset + record.find(image), len(image)),
    )


def _text(feature: tf.train.Feature) -> str:
    """The first value of a feature; "" if there is none."""
    kind = feature.WhichOneof("kind")
    values = getattr(feature, kind).value if kind else ()
    if not values:
        return ""
    value = values[0]
    return (
        value.decode("utf-8", "replace") if kind == "bytes_list" else str(value)
    )


def _records(path: str) -> Iterator[tuple[int, bytes]]:
    """(offset of its data, data) of each record."""
    offset = 0
    with tf.io.gfile.GFile(path, "rb") as file:
        while head := file.read(HEAD.size):
            length = MAX_BYTES
            if len(head) == HEAD.size:
                length, _ = HEAD.unpack(head)
            data = (
                file.read(length + TRAIL_BYTES) if length < MAX_BYTES else b""
            )
            if len(data) != length + TRAIL_BYTES:
                raise BadCollection(
                    f"`{path}` is not a TFRecord file, is compressed, or is "
                    f"truncated at byte {offset}."
                )
            yield offset + HEAD.size, data[:-TRAIL_BYTES]
            offset += HEAD.size + len(data)


def _class_names(shard: str) -> list[str]:
    folder = shard.rpartition("/")[0] or "."
    path = listing.join(folder, "label.labels.txt")
    if not collection_files.exists(path):
        return []
    return [line.rstrip("\r\n") for line in csv_tables.read_lines(path)]

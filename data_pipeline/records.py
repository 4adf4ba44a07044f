"""The data set on disk: TFRecord shards, their index, the manifest.

A data set is a folder with `manifest.json` and, for each split, shards
`train-00000-of-00008.tfrecord`. Beside each shard lies an index of the
identities in it, `train-00000-of-00008.npz`, in the order of the records: an
identity's records lie together, so that counts are all a reader needs.
"""

import dataclasses
import hashlib
import json
import os
import re
import zlib

import numpy as np
import tensorflow as tf

from data_pipeline import pictures, shard_index
from data_pipeline.shard_index import ShardIndex

SPLITS = ("train", "valid", "test")
SPLIT_FRACTIONS = (0.8, 0.1, 0.1)  # Of the identities.
MANIFEST = "manifest.json"
FORMAT_VERSION = 1
MAX_SHARDS = 100_000  # Their names have five digits.
MAX_SIDE = 65_536  # Pixels.
READ_AT_ONCE = 256  # Records.
# Of a stored PNG: its head, a checksum of the rows, one of the chunk, the end.
PNG_FRAME_BYTES = pictures.PNG_HEAD_BYTES + 4 + 4 + 12

FEATURES = {
    "image": tf.io.FixedLenFeature([], tf.string),
    "identity": tf.io.FixedLenFeature([], tf.string),
    "identity_hash": tf.io.FixedLenFeature([], tf.int64),
    "observation": tf.io.FixedLenFeature([], tf.string),
    "labels": tf.io.FixedLenFeature([], tf.string),
}


class BadDataSet(ValueError):
    """A data set that is damaged or cannot give what is asked for."""


def identity_hash(identity: str) -> int:
    """A stable 64-bit hash: the first 8 bytes of SHA-256, signed."""
    digest = hashlib.sha256(identity.encode("utf-8")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def split_of(
    hash_value: int, fractions: tuple[float, ...] = SPLIT_FRACTIONS
) -> str:
    """The split of an identity: 80 % train, 10 % valid, 10 % test.

    It depends on the identity alone, so adding images moves nobody.
    """
    # The last digit first: in tenths it alone decides.
    rest, tenth = divmod(int(hash_value) % 2**64, 10)
    place = tenth * 10**6 + rest % 10**6
    train, valid, _ = fractions
    for split, end in (("train", train), ("valid", train + valid)):
        if place < round(end * 10**7):
            return split
    return "test"


def shard_path(folder: str, split: str, shard: int, num_shards: int) -> str:
    """`FOLDER/SPLIT-00000-of-00008.tfrecord`."""
    name = f"{split}-{shard:05d}-of-{num_shards:05d}.tfrecord"
    return os.path.join(folder, name)


def index_path(shard: str) -> str:
    """The index beside a shard."""
    return shard.removesuffix(".tfrecord") + ".npz"


def example(
    image: bytes, identity: str, observation: str, labels: dict[str, str]
) -> bytes:
    """One serialised record; `image` is a PNG."""

    def bytes_feature(value: bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))

    hashed = tf.train.Int64List(value=[identity_hash(identity)])
    features = {
        "image": bytes_feature(image),
        "identity": bytes_feature(identity.encode("utf-8")),
        "identity_hash": tf.train.Feature(int64_list=hashed),
        "observation": bytes_feature(observation.encode("utf-8")),
        "labels": bytes_feature(json.dumps(labels, sort_keys=True).encode()),
    }
    # Else each process has an order of its own, and each build its own id.
    return tf.train.Example(
        features=tf.train.Features(feature=features)
    ).SerializeToString(deterministic=True)


def decode(serialised, n: int | None, side: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Serialised records `[n]` to images and identity hashes.

    The rows of a PNG that `pictures.to_png` wrote lie in it as they are, and
    are copied. Any other PNG is decoded. The PNG's own checksums are not
    looked at where the rows are copied: the record has one too.

    Args:
        serialised: Strings `[n]`.
        n: Their number, None where the graph does not know it.
        side: Of the pictures in pixels.

    Returns:
        uint8 `[n, side, side, 3]` and int64 `[n]`.
    """
    parsed = tf.io.parse_example(
        serialised,
        {name: FEATURES[name] for name in ("image", "identity_hash")},
    )
    pngs = tf.ensure_shape(parsed["image"], [n])
    head, row = pictures.png_head(side), 1 + 3 * side
    stored = tf.reduce_all(
        (tf.strings.length(pngs) == side * row + PNG_FRAME_BYTES)
        & (tf.strings.substr(pngs, 0, len(head)) == head)
    )

    def copy_rows():
        data = tf.strings.substr(pngs, len(head), side * row)
        return tf.reshape(tf.io.decode_raw(data, tf.uint8), [-1, side, row])

    def decode_png(png):
        image = tf.io.decode_png(png, channels=3)
        fits = tf.debugging.assert_equal(
            tf.shape(image),
            [side, side, 3],
            "The shards do not hold what the manifest says: a picture is of "
            "another size. Build the data set again.",
        )
        with tf.control_dependencies([fits]):
            return tf.ensure_shape(image, [side, side, 3])

    def decode_pngs():
        return tf.map_fn(
            decode_png,
            pngs,
            fn_output_signature=tf.TensorSpec([side, side, 3], tf.uint8),
        )

    # The first byte of a row says how it is filtered, 0 for not at all.
    rows = tf.cond(stored, copy_rows, lambda: tf.ones([1, side, row], tf.uint8))
    images = tf.cond(
        tf.reduce_all(rows[..., 0] == 0),
        lambda: tf.reshape(rows[..., 1:], [-1, side, side, 3]),
        decode_pngs,
    )
    return (
        tf.ensure_shape(images, [n, side, side, 3]),
        tf.ensure_shape(parsed["identity_hash"], [n]),
    )


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


def _read_index(read, shard: str):
    path = index_path(shard)
    try:
        return read(path)
    # numpy and zipfile raise many kinds for a damaged npz.
    except Exception as error:
        raise BadDataSet(
            f"The index `{path}` cannot be read ({error!r}). "
            "Build the data set again."
        ) from error


def _checked(manifest: dict, name: str, largest: int) -> int:
    value = manifest[name]
    if type(value) is not int or not 1 <= value <= largest:
        raise ValueError(f"`{name}` must be in [1, {largest}], not {value!r}")
    return value


@dataclasses.dataclass(frozen=True)
class DataSet:
    """A built data set, as its manifest describes it.

    Attributes:
        folder: Where manifest and shards lie.
        image_size: Side of the square pictures in pixels.
        num_shards: Shards of each split.
        build_id: Differs between any two data sets with other content.
        label_names: Names of the labels that records carry.
        contents: SHA-256 of each shard's records by the shard's name; empty
            where a build did not say it.
    """

    folder: str
    image_size: int
    num_shards: int
    build_id: str
    label_names: tuple[str, ...]
    contents: dict[str, str] = dataclasses.field(default_factory=dict)

    @classmethod
    def open(cls, folder: str) -> "DataSet":
        """Reads the manifest.

        Raises:
            FileNotFoundError: If `folder` holds no finished data set.
            ValueError: If the manifest cannot be read or is of another format.
        """
        path = os.path.join(folder, MANIFEST)
        if not tf.io.gfile.exists(path):
            raise FileNotFoundError(
                f"No `{MANIFEST}` in `data_dir`: build the data set with "
                "`python -m data_pipeline.build_records` (a build that was "
                f"interrupted leaves none). Received: data_dir={folder!r}"
            )
        with tf.io.gfile.GFile(path, "rb") as file:
            text = file.read()
        try:
            manifest = json.loads(text)
            version = manifest["format_version"]
            if version != FORMAT_VERSION:
                raise ValueError(f"format version {version}")
            return cls(
                folder=folder,
                image_size=_checked(manifest, "image_size", MAX_SIDE),
                num_shards=_checked(manifest, "num_shards", MAX_SHARDS),
                build_id=str(manifest["build_id"]),
                label_names=tuple(map(str, manifest["label_names"])),
                contents=dict(manifest.get("contents", {})),
            )
        except (
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            RecursionError,
        ) as error:
            raise ValueError(
                f"`{path}` is not a manifest of format {FORMAT_VERSION} "
                f"({error!r}). Build the data set again."
            ) from error

    def shards(self, split: str) -> list[str]:
        """Paths of the shards of `split`.

        Raises:
            ValueError: If `split` is not one of `SPLITS`.
            FileNotFoundError: If a shard is missing.
        """
        if split not in SPLITS:
            raise ValueError(
                f"`split` must be one of {SPLITS}. Received: split={split!r}"
            )
        paths = [
            shard_path(self.folder, split, shard, self.num_shards)
            for shard in range(self.num_shards)
        ]
        for path in paths:
            if not tf.io.gfile.exists(path):
                raise FileNotFoundError(
                    f"A shard of the data set is missing: {path}"
                )
        return paths

    def names(self, shard: str) -> list[str]:
        """The names of a shard's identities in the order of its index.

        Raises:
            BadDataSet: If they cannot be read.
        """
        return _read_index(shard_index.read_names, shard)

    def index(self, shard: str) -> ShardIndex:
        """The index of one of `shards()`.

        Raises:
            BadDataSet: If the index cannot be read or is of another shard.
        """
        index = _read_index(ShardIndex.read, shard)
        length = tf.io.gfile.stat(shard).length
        if length != index.shard_bytes:
            raise BadDataSet(
                f"The shard `{shard}` has {length} bytes and its index says "
                f"{index.shard_bytes}: they are of different builds, or the "
                "shard was cut. Build the data set again."
            )
        told = self.contents.get(os.path.basename(shard), index.content)
        if index.content and told != index.content:
            raise BadDataSet(
                f"The manifest of {self.folder!r} and the shard `{shard}` are "
                "of different builds: their hashes differ. Build the data set "
                "again, or copy all files of one build."
            )
        return index

    def damage(self) -> list[str]:
        """The shards whose records are not what was written, with reasons.

        It reads every shard to its first bad checksum: for the message after
        a failed read, which does not say the file.
        """
        found = []
        for path in [p for split in SPLITS for p in self.shards(split)]:
            try:
                for _ in tf.data.TFRecordDataset(path).batch(READ_AT_ONCE):
                    pass
            except tf.errors.DataLossError as error:
                # "... corrupted record at 5120 ...", in bytes.
                place = re.search(r"\w+ record at \d+", error.message)
                found.append(f"{path} ({place.group() if place else error})")
        return found

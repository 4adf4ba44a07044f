"""The data set on disk: TFRecord shards, their index, the manifest.

A data set is a folder with `manifest.json` and, for each split, shards
`train-00000-of-00008.tfrecord`. Beside each shard lies an index of the
identities in it, `train-00000-of-00008.npz`, in the order of the records: an
identity's records lie together, so that counts are all a reader needs.
"""

import dataclasses
import json
import os
import re

import tensorflow as tf

from data_pipeline.records import shard_index
from data_pipeline.records.errors import BadDataSet
from data_pipeline.records.shard_index import ShardIndex, index_path
from data_pipeline.records.splits import SPLITS

MANIFEST = "manifest.json"
FORMAT_VERSION = 1
MAX_SHARDS = 100_000  # Their names have five digits.
MAX_SIDE = 65_536  # Pixels.
READ_AT_ONCE = 256  # Records.


def shard_path(folder: str, split: str, shard: int, num_shards: int) -> str:
    """`FOLDER/SPLIT-00000-of-00008.tfrecord`."""
    name = f"{split}-{shard:05d}-of-{num_shards:05d}.tfrecord"
    return os.path.join(folder, name)


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
        folder: Folder of the manifest and the shards.
        image_size: Side of the square pictures in pixels.
        num_shards: Number of shards of each split.
        build_id: Identifies the content: other content has another id.
        label_names: Names of the labels that records carry.
        contents: SHA-256 of each shard's records by the shard's name; empty
            for builds that did not store it.
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

"""The second reading of the pictures, into the shards."""

import hashlib

import apache_beam as beam
import tensorflow as tf

from data_pipeline.build import collection_files, packing, picture_counts
from data_pipeline.build.options import BuildOptions
from data_pipeline.build.photograph import Photograph
from data_pipeline.records import examples, pictures, shard_index
from data_pipeline.records.data_set import shard_path
from data_pipeline.records.splits import SPLITS


class Changed(Exception):
    """A picture is no longer what it was when it was inspected."""


def _read_again(photograph: Photograph, options: BuildOptions):
    """The square picture of a file that `inspect` has found good.

    Raises:
        Changed: If it is no longer.
    """
    try:
        return pictures.square(
            pictures.decode(collection_files.read(photograph)),
            options.resolved_crop,
            options.image_size,
            photograph.eyes,
        )
    except (OSError, pictures.BadPicture) as error:
        reason = " ".join(str(error).split())
        raise Changed(
            f"`{photograph.path}` was changed or removed while the data set "
            f"was built ({reason}): build it again"
        ) from error


def write_shard(element, options: BuildOptions) -> tuple[str, dict]:
    """Reads, encodes and writes one whole shard and its index.

    Returns:
        Its split, and its counts and content; or why it could not be written
        as `changed`, for which a worker's traceback is not wanted.
    """
    try:
        return _write_shard(element, options)
    except Changed as error:
        return element[0][0], {"changed": str(error)}


def _write_shard(element, options: BuildOptions) -> tuple[str, dict]:
    (split, shard), identities = element
    path = shard_path(options.output_dir, split, shard, options.num_shards)
    names, counts, num_bytes = [], [], 0
    content = hashlib.sha256()
    with tf.io.TFRecordWriter(path) as writer:
        for _, packed in sorted(identities):
            photographs = packing.unpack(packed)
            for photograph in photographs:
                picture = _read_again(photograph, options)
                record = examples.example(
                    pictures.to_png(picture),
                    photograph.identity,
                    photograph.observation,
                    dict(photograph.labels),
                )
                writer.write(record)
                picture_counts.count(
                    options.temporary_dir, picture_counts.WRITTEN
                )
                num_bytes += len(record)
                content.update(record)
            names.append(photographs[0].identity)
            counts.append(len(photographs))
    index = shard_index.index_path(path)
    shard_index.write_index(index, names, counts, content.hexdigest())
    return split, {
        "identities": len(names),
        "images": sum(counts),
        "bytes": num_bytes,
        "content": f"{shard}:{content.hexdigest()}",
    }


class WriteShards(beam.PTransform):
    """((split, shard), (hash, pack)) of identities to shards on disk.

    Its output is what `write_shard` returns, of every shard.
    """

    def __init__(self, options: BuildOptions):
        super().__init__()
        self._options = options

    def expand(self, in_shards):
        # A shard without identities is written too, so that all are there.
        every_shard = in_shards.pipeline | "Shards" >> beam.Create(
            [
                (split, shard)
                for split in SPLITS
                for shard in range(self._options.num_shards)
            ]
        )
        return (
            {
                "identities": in_shards,
                "shard": every_shard | "Key" >> beam.Map(lambda s: (s, None)),
            }
            | "SameShard" >> beam.CoGroupByKey()
            | "Shard" >> beam.Map(lambda e: (e[0], e[1]["identities"]))
            | "Write" >> beam.Map(write_shard, self._options)
        )

"""The Apache Beam pipeline from photographs to shards and a report.

Every picture is read twice: once to check it, to hash its pixels and to find
its face if one is wanted, once to write its shard. So the shuffle in between
moves paths, hashes and eyes only, and those in packs.
"""

import dataclasses
import hashlib
import itertools
import json

import apache_beam as beam
import tensorflow as tf
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from data_pipeline import dealing, packing, pictures, records, sources
from data_pipeline.build_options import BuildOptions
from data_pipeline.listing import Notes
from data_pipeline.sources import Photograph

SPREAD = 64  # Photographs that one worker inspects in one go.
BUCKETS = 512  # Of pixel hashes, and of identities: keys of the shuffles.


def _read(path: str) -> bytes:
    with FileSystems.open(
        path, compression_type=CompressionTypes.UNCOMPRESSED
    ) as file:
        return file.read()


def inspect(photograph: Photograph, crop: str) -> tuple[Photograph, str | None]:
    """The photograph with what its pixels say, and why they cannot be used."""
    if photograph.fault:
        return photograph, photograph.fault
    try:
        picture = pictures.decode(_read(photograph.path))
        eyes = None
        if crop == pictures.FACE:
            eyes = tuple(map(tuple, pictures.find_eyes(picture).tolist()))
    except pictures.BadPicture as error:
        return photograph, str(error)
    # Beam's file systems raise their own kinds for a file that is not there.
    except (OSError, beam.io.filesystem.BeamIOError) as error:
        return photograph, f"cannot be read: {error}"
    inspected = dataclasses.replace(
        photograph, eyes=eyes, pixel_hash=pictures.pixel_hash(picture)[:32]
    )
    return inspected, None


def keep_distinct(bucket):
    """Drops repeated pictures, and pictures that show two identities.

    A bucket has all photographs whose pixel hashes fall into it. Yields the
    photograph that stays; the others go to the outputs "repeated" and
    "ambiguous". Only an identity can be in a split, so a picture of two could
    leak from one split to another.
    """
    _, packs = bucket
    for _, alike in _grouped(packing.unpack_all(packs), _pixel_hash):
        if len({p.identity for p in alike}) > 1:
            for photograph in alike:
                yield beam.pvalue.TaggedOutput("ambiguous", photograph.path)
            continue
        yield dataclasses.replace(alike[0], pixel_hash=None)
        for photograph in alike[1:]:
            yield beam.pvalue.TaggedOutput("repeated", photograph.path)


def identities_of(bucket):
    """(hash, number of photographs, their pack) of a bucket's identities."""
    _, packs = bucket
    photographs = packing.unpack_all(packs)
    for hashed, own in _grouped(photographs, _identity_hash):
        yield hashed, len(own), packing.pack(own)


def _grouped(photographs, key):
    """(key, photographs) of each key; both are sorted."""
    photographs = sorted(photographs, key=lambda p: (key(p), p))
    for value, group in itertools.groupby(photographs, key):
        yield value, list(group)


def _pixel_hash(photograph: Photograph) -> str:
    return photograph.pixel_hash


def _identity_hash(photograph: Photograph) -> int:
    return records.identity_hash(photograph.identity)


def place(
    identity, min_images: int, last_hash, fractions=records.SPLIT_FRACTIONS
):
    """One identity to its (split, hash, number of photographs, pack)."""
    hashed, count, packed = identity
    photographs = packing.unpack(packed)
    names = sorted({p.identity for p in photographs})
    if len(names) > 1:
        yield beam.pvalue.TaggedOutput(
            "errors", f"two identities have the hash {hashed}: {names[:2]}"
        )
        return
    splits = {p.split for p in photographs}
    if len(splits) > 1:
        yield beam.pvalue.TaggedOutput(
            "errors",
            f"the identity {names[0]!r} is in more than one split: "
            f"{sorted(str(s) for s in splits)}",
        )
        return
    if count < min_images:
        yield beam.pvalue.TaggedOutput("too_few", names[0])
        return
    if last_hash is not None and hashed > last_hash:
        yield beam.pvalue.TaggedOutput("beyond_max", names[0])
        return
    split = splits.pop() or records.split_of(hashed, fractions)
    yield split, hashed, count, packed


def _size(placed):
    # Not a slice, whose type Beam takes to be that of the whole.
    split, hashed, count, _ = placed
    return split, hashed, count


def _to_shard(placed, dealt):
    split, hashed, _, packed = placed
    return (split, dealing.shard_of(hashed, dealt)), (hashed, packed)


class Changed(Exception):
    """A picture is no longer what it was when it was inspected."""


def _read_again(photograph: Photograph, options: BuildOptions):
    """The square picture of a file that `inspect` has found good.

    Raises:
        Changed: If it is no longer.
    """
    try:
        return pictures.square(
            pictures.decode(_read(photograph.path)),
            options.resolved_crop,
            options.image_size,
            photograph.eyes,
        )
    except (
        OSError,
        beam.io.filesystem.BeamIOError,
        pictures.BadPicture,
    ) as error:
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
    path = records.shard_path(
        options.output_dir, split, shard, options.num_shards
    )
    names, counts, num_bytes = [], [], 0
    content = hashlib.sha256()
    with tf.io.TFRecordWriter(path) as writer:
        for _, packed in sorted(identities):
            photographs = packing.unpack(packed)
            for photograph in photographs:
                picture = _read_again(photograph, options)
                record = records.example(
                    pictures.to_png(picture),
                    photograph.identity,
                    photograph.observation,
                    dict(photograph.labels),
                )
                writer.write(record)
                num_bytes += len(record)
                content.update(record)
            names.append(photographs[0].identity)
            counts.append(len(photographs))
    index = records.index_path(path)
    records.write_index(index, names, counts, content.hexdigest())
    return split, {
        "identities": len(names),
        "images": sum(counts),
        "bytes": num_bytes,
        "content": f"{shard}:{content.hexdigest()}",
    }


def list_collection(options: BuildOptions, notes: Notes | None = None):
    """The photographs of the collection, in the order of their layout.

    Args:
        options: Of the build.
        notes: Gets what is to be said of the collection.
    """
    yield from sources.list_photographs(
        options.layout, options.input, options.reading, notes or Notes()
    )


def list_packs(options: BuildOptions):
    """The same as numbered packs, to spread over the workers."""
    yield from enumerate(packing.in_packs(list_collection(options), SPREAD))


def _write_report(report: dict, path: str) -> None:
    with FileSystems.create(
        path, compression_type=CompressionTypes.UNCOMPRESSED
    ) as file:
        file.write(json.dumps(report).encode())


def _good(inspected):
    """(bucket, photograph) of a good file."""
    photograph, reason = inspected
    if not reason:
        yield int(photograph.pixel_hash, 16) % BUCKETS, photograph


def pipeline(root: beam.Pipeline, options: BuildOptions, report_path: str):
    """From a collection to shards and a report of what was left out."""
    inspected = (
        root
        | "Collection" >> beam.Create([options])
        | "List"
        >> beam.FlatMap(list_packs).with_output_types(tuple[int, bytes])
        | "Spread" >> beam.GroupByKey()
        | "Each" >> beam.FlatMap(lambda e: packing.unpack_all(e[1]))
        | "Inspect" >> beam.Map(inspect, options.resolved_crop)
    )
    bad = inspected | "Bad" >> beam.FlatMap(
        lambda e: [(e[0].path, e[1])] if e[1] else []
    )
    distinct = (
        inspected
        | "Good" >> beam.FlatMap(_good)
        | "PackAlike" >> beam.ParDo(packing.PackByKey())
        | "SamePicture" >> beam.GroupByKey()
        | "Distinct"
        >> beam.FlatMap(keep_distinct).with_outputs(
            "repeated", "ambiguous", main="kept"
        )
    )
    identities = (
        distinct.kept
        | "Bucket" >> beam.Map(lambda p: (_identity_hash(p) % BUCKETS, p))
        | "PackBucket" >> beam.ParDo(packing.PackByKey())
        | "SameIdentity" >> beam.GroupByKey()
        | "Identities"
        >> beam.FlatMap(identities_of).with_output_types(tuple[int, int, bytes])
    )
    last_hash = None
    if options.max_identities:
        minimum = options.min_images
        largest = (
            identities
            | "Enough"
            >> beam.FlatMap(lambda e: [e[0]] if e[1] >= minimum else [])
            | "First" >> beam.combiners.Top.Smallest(options.max_identities)
            | "Last" >> beam.Map(lambda first: max(first, default=None))
        )
        last_hash = beam.pvalue.AsSingleton(largest)
    placed = identities | "Place" >> beam.FlatMap(
        place, options.min_images, last_hash, options.split_fractions
    ).with_outputs("errors", "too_few", "beyond_max", main="placed")
    # Typed, which outputs of several kinds are not: else it would be pickled.
    kept = placed.placed | "Kept" >> beam.Map(lambda e: e).with_output_types(
        tuple[str, int, int, bytes]
    )
    dealt = (
        kept
        | "Size" >> beam.Map(_size)
        | "Deal"
        >> beam.CombineGlobally(
            dealing.Deal(records.SPLITS, options.num_shards)
        )
    )
    in_shards = kept | "ToShard" >> beam.Map(
        _to_shard, beam.pvalue.AsSingleton(dealt)
    ).with_output_types(tuple[tuple[str, int], tuple[int, bytes]])
    every_shard = root | "Shards" >> beam.Create(
        [
            (split, shard)
            for split in records.SPLITS
            for shard in range(options.num_shards)
        ]
    )
    counts = (
        # A shard without identities is written too, so that all are there.
        {
            "identities": in_shards,
            "shard": every_shard | "Key" >> beam.Map(lambda s: (s, None)),
        }
        | "SameShard" >> beam.CoGroupByKey()
        | "Shard" >> beam.Map(lambda e: (e[0], e[1]["identities"]))
        | "WriteShard" >> beam.Map(write_shard, options)
    )

    def all_of(name, collection):
        return beam.pvalue.AsList(collection | name >> beam.Map(lambda e: e))

    def number_of(name, collection):
        return beam.pvalue.AsList(
            collection | name >> beam.combiners.Count.Globally()
        )

    _ = (
        root
        | "Report" >> beam.Create([None])
        | "Gather"
        >> beam.Map(
            lambda _, **parts: {k: list(v) for k, v in parts.items()},
            counts=all_of("Counts", counts),
            listed=number_of("Listed", inspected),
            bad=all_of("AllBad", bad),
            repeated=all_of("Repeated", distinct.repeated),
            ambiguous=all_of("Ambiguous", distinct.ambiguous),
            errors=all_of("Errors", placed.errors),
            too_few=number_of("TooFew", placed.too_few),
            beyond_max=number_of("Beyond", placed.beyond_max),
        )
        | "WriteReport" >> beam.Map(_write_report, report_path)
    )

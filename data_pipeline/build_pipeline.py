"""The Apache Beam pipeline from photographs to shards and a report.

Every picture is read twice: once to check it, to hash its pixels and to find
its face if one is wanted, once to write its shard. So the shuffle in between
moves paths, hashes and eyes only.
"""

import dataclasses
import hashlib
import json

import apache_beam as beam
import tensorflow as tf
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from data_pipeline import pictures, records, sources
from data_pipeline.build_options import BuildOptions
from data_pipeline.sources import Photograph


def _read(path: str) -> bytes:
    with FileSystems.open(
        path, compression_type=CompressionTypes.UNCOMPRESSED
    ) as file:
        return file.read()


def inspect(photograph: Photograph, crop: str):
    """(photograph, pixel hash, None), or (photograph, None, reason)."""
    try:
        picture = pictures.decode(_read(photograph.path))
        if crop == pictures.FACE:
            eyes = pictures.find_eyes(picture).tolist()
            photograph = dataclasses.replace(
                photograph, eyes=tuple(map(tuple, eyes))
            )
    except pictures.BadPicture as error:
        return photograph, None, str(error)
    # Beam's file systems raise their own kinds for a file that is not there.
    except (OSError, beam.io.filesystem.BeamIOError) as error:
        return photograph, None, f"cannot be read: {error}"
    return photograph, pictures.pixel_hash(picture), None


def keep_distinct(element):
    """Drops repeated pictures, and pictures that show two identities.

    Yields the photograph that stays; the others go to the outputs "repeated"
    and "ambiguous". Only an identity can be in a split, so a picture of two
    could leak from one split to another.
    """
    _, photographs = element
    photographs = sorted(photographs)
    if len({p.identity for p in photographs}) > 1:
        for photograph in photographs:
            yield beam.pvalue.TaggedOutput("ambiguous", photograph.path)
        return
    yield photographs[0]
    for photograph in photographs[1:]:
        yield beam.pvalue.TaggedOutput("repeated", photograph.path)


def place(element, min_images: int, num_shards: int, last_hash):
    """One identity to its ((split, shard), (hash, photographs))."""
    hashed, photographs = element
    photographs = sorted(photographs)
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
    if len(photographs) < min_images:
        yield beam.pvalue.TaggedOutput("too_few", names[0])
        return
    if last_hash is not None and hashed > last_hash:
        yield beam.pvalue.TaggedOutput("beyond_max", names[0])
        return
    split = splits.pop() or records.split_of(hashed)
    shard = records.shard_of(hashed, num_shards)
    yield (split, shard), (hashed, photographs)


def write_shard(element, options: BuildOptions) -> tuple[str, dict]:
    """Reads, encodes and writes one whole shard and its index."""
    (split, shard), identities = element
    path = records.shard_path(
        options.output_dir, split, shard, options.num_shards
    )
    names, counts, num_bytes = [], [], 0
    content = hashlib.sha256()
    with tf.io.TFRecordWriter(path) as writer:
        for _, photographs in sorted(identities):
            for photograph in photographs:
                picture = pictures.square(
                    pictures.decode(_read(photograph.path)),
                    options.resolved_crop,
                    options.image_size,
                    photograph.eyes,
                )
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


def list_collection(options: BuildOptions):
    """The photographs of the collection, in the order of their layout."""
    layout = sources.LAYOUTS[options.layout]
    yield from layout.photographs(options.input, options.columns)


def _write_report(report: dict, path: str) -> None:
    with FileSystems.create(
        path, compression_type=CompressionTypes.UNCOMPRESSED
    ) as file:
        file.write(json.dumps(report).encode())


def _identity_key(photograph: Photograph):
    return records.identity_hash(photograph.identity), photograph


def pipeline(root: beam.Pipeline, options: BuildOptions, report_path: str):
    """From a collection to shards and a report of what was left out."""
    inspected = (
        root
        | "Collection" >> beam.Create([options])
        | "List" >> beam.FlatMap(list_collection)
        | "Spread" >> beam.Reshuffle()
        | "Inspect" >> beam.Map(inspect, options.resolved_crop)
    )
    bad = inspected | "Bad" >> beam.FlatMap(
        lambda e: [(e[0].path, e[2])] if e[2] else []
    )
    distinct = (
        inspected
        | "Good" >> beam.FlatMap(lambda e: [] if e[2] else [(e[1], e[0])])
        | "SamePicture" >> beam.GroupByKey()
        | "Distinct"
        >> beam.FlatMap(keep_distinct).with_outputs(
            "repeated", "ambiguous", main="kept"
        )
    )
    identities = (
        distinct.kept
        | "HashIdentity" >> beam.Map(_identity_key)
        | "SameIdentity" >> beam.GroupByKey()
    )
    last_hash = None
    if options.max_identities:
        minimum = options.min_images
        largest = (
            identities
            | "Enough"
            >> beam.FlatMap(
                lambda e: [e[0]] if len(list(e[1])) >= minimum else []
            )
            | "First" >> beam.combiners.Top.Smallest(options.max_identities)
            | "Last" >> beam.Map(lambda first: max(first, default=None))
        )
        last_hash = beam.pvalue.AsSingleton(largest)
    placed = identities | "Place" >> beam.FlatMap(
        place, options.min_images, options.num_shards, last_hash
    ).with_outputs("errors", "too_few", "beyond_max", main="placed")
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
            "identities": placed.placed,
            "shard": every_shard | "Key" >> beam.Map(lambda s: (s, None)),
        }
        | "SameShard" >> beam.CoGroupByKey()
        | "Shard" >> beam.Map(lambda e: (e[0], e[1]["identities"]))
        | "WriteShard" >> beam.Map(write_shard, options)
    )

    def all_of(name, collection):
        return beam.pvalue.AsList(collection | name >> beam.Map(lambda e: e))

    listed = inspected | "Count" >> beam.combiners.Count.Globally()
    _ = (
        root
        | "Report" >> beam.Create([None])
        | "Gather"
        >> beam.Map(
            lambda _, **parts: {k: list(v) for k, v in parts.items()},
            counts=all_of("Counts", counts),
            listed=all_of("Listed", listed),
            bad=all_of("AllBad", bad),
            repeated=all_of("Repeated", distinct.repeated),
            ambiguous=all_of("Ambiguous", distinct.ambiguous),
            errors=all_of("Errors", placed.errors),
            too_few=all_of("TooFew", placed.too_few),
            beyond_max=all_of("Beyond", placed.beyond_max),
        )
        | "WriteReport" >> beam.Map(_write_report, report_path)
    )

"""The Apache Beam pipeline from photographs to shards and a report.

Every picture is read twice: once to check it, to hash its pixels and to find
its face if one is wanted, once to write its shard. So the shuffle in between
moves paths, hashes and eyes only.
"""

import dataclasses
import hashlib
import itertools
import json
import operator
import zlib

import apache_beam as beam
import tensorflow as tf
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from data_pipeline import dealing, pictures, records, sources
from data_pipeline.build_options import BuildOptions
from data_pipeline.sources import Photograph

BUNDLES = 4096  # Of photographs, to spread over the workers.


class PhotographCoder(beam.coders.Coder):
    """A photograph in about as many bytes as its names have.

    Pickled, it would name its class and fields each time.
    """

    def encode(self, value: Photograph) -> bytes:
        return json.dumps(dataclasses.astuple(value)).encode()

    def decode(self, encoded: bytes) -> Photograph:
        *names, labels, split, eyes = json.loads(encoded)
        return Photograph(
            *names,
            tuple(map(tuple, labels)),
            split,
            eyes and tuple(map(tuple, eyes)),
        )

    def is_deterministic(self) -> bool:
        return True


beam.coders.registry.register_coder(Photograph, PhotographCoder)


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

    An element has all photographs whose pixel hashes begin alike. Yields the
    photograph that stays; the others go to the outputs "repeated" and
    "ambiguous". Only an identity can be in a split, so a picture of two could
    leak from one split to another.
    """
    _, hashed = element
    alike = itertools.groupby(sorted(hashed), operator.itemgetter(0))
    for photographs in ([p for _, p in group] for _, group in alike):
        if len({p.identity for p in photographs}) > 1:
            for photograph in photographs:
                yield beam.pvalue.TaggedOutput("ambiguous", photograph.path)
            continue
        yield photographs[0]
        for photograph in photographs[1:]:
            yield beam.pvalue.TaggedOutput("repeated", photograph.path)


def place(element, min_images: int, last_hash):
    """One identity to its (split, hash, photographs)."""
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
    yield splits.pop() or records.split_of(hashed), hashed, photographs


def _size(placed):
    split, hashed, photographs = placed
    return split, hashed, len(photographs)


def _to_shard(placed, dealt):
    split, hashed, photographs = placed
    shard = dealing.shard_of(hashed, dealt)
    return (split, shard), (hashed, photographs)


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


def _good(inspected):
    """(start of the pixel hash, (pixel hash, photograph)) of a good file.

    A key is dear where all of them are held in memory, so a few share one.
    """
    photograph, pixel_hash, reason = inspected
    if not reason:
        hashed = bytes.fromhex(pixel_hash)[:16]
        yield hashed[:2], (hashed, photograph)


def _spread_key(photograph: Photograph) -> tuple[int, Photograph]:
    return zlib.crc32(photograph.path.encode(errors="replace")) % BUNDLES, (
        photograph
    )


def _identity_key(photograph: Photograph) -> tuple[int, Photograph]:
    return records.identity_hash(photograph.identity), photograph


def pipeline(root: beam.Pipeline, options: BuildOptions, report_path: str):
    """From a collection to shards and a report of what was left out."""
    inspected = (
        root
        | "Collection" >> beam.Create([options])
        | "List" >> beam.FlatMap(list_collection).with_output_types(Photograph)
        # `Reshuffle` pickles each photograph.
        | "SpreadKey"
        >> beam.Map(_spread_key).with_output_types(tuple[int, Photograph])
        | "Spread" >> beam.GroupByKey()
        | "Each" >> beam.FlatMap(lambda e: e[1]).with_output_types(Photograph)
        | "Inspect" >> beam.Map(inspect, options.resolved_crop)
    )
    bad = inspected | "Bad" >> beam.FlatMap(
        lambda e: [(e[0].path, e[2])] if e[2] else []
    )
    distinct = (
        inspected
        | "Good"
        >> beam.FlatMap(_good).with_output_types(
            tuple[bytes, tuple[bytes, Photograph]]
        )
        | "SamePicture" >> beam.GroupByKey()
        | "Distinct"
        >> beam.FlatMap(keep_distinct).with_outputs(
            "repeated", "ambiguous", main="kept"
        )
    )
    identities = (
        distinct.kept
        | "HashIdentity"
        >> beam.Map(_identity_key).with_output_types(tuple[int, Photograph])
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
        place, options.min_images, last_hash
    ).with_outputs("errors", "too_few", "beyond_max", main="placed")
    # Typed, which outputs of several kinds are not: else it would be pickled.
    kept = placed.placed | "Kept" >> beam.Map(lambda e: e).with_output_types(
        tuple[str, int, list[Photograph]]
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
    ).with_output_types(tuple[tuple[str, int], tuple[int, list[Photograph]]])
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

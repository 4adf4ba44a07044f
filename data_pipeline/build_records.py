"""Builds a data set of TFRecord shards from a collection of photographs.

    python -m data_pipeline.build_records --layout=folders \
        --input=lfw --output_dir=data/lfw

An Apache Beam pipeline: two local worker processes by default, any other
runner by Beam's own flags. Every picture is read twice: once to check it and
to hash its pixels, once to write its shard. So the shuffle in between moves
paths and hashes only. See `docs/data.md`.
"""

import dataclasses
import hashlib
import json
import logging
import os
import sys

import apache_beam as beam
import tensorflow as tf
from absl import app, flags
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions

from data_pipeline import pictures, records, sources
from data_pipeline.sources import BadCollection, Photograph, TableColumns

REPORT = "build_report.json"
LISTED = 20  # Bad files named in an error; the manifest has them all.
LOCAL_RUNNER = (
    "--direct_running_mode=multi_processing",
    "--direct_num_workers=2",
    "--default_sdk_harness_log_level=ERROR",
)


@dataclasses.dataclass(frozen=True)
class BuildOptions:
    """How a data set is built.

    Attributes:
        layout: A name of `sources.LAYOUTS`.
        input: The collection: a folder, or a CSV for the layout `table`.
        output_dir: Where shards and manifest go.
        image_size: 32, 64 or 128.
        crop: See `pictures.parse_crop`; None takes the layout's own.
        columns: Columns of the layout `table`.
        min_images: Identities with fewer photographs are left out.
        max_identities: Takes the first ones by hash; 0 takes all.
        max_bad_fraction: Share of bad files above which the build fails.
        num_shards: Shards of each split.
        overwrite: Whether a data set in `output_dir` is replaced.
    """

    layout: str
    input: str
    output_dir: str
    image_size: int = 64
    crop: str | None = None
    columns: TableColumns = dataclasses.field(default_factory=TableColumns)
    min_images: int = 2
    max_identities: int = 0
    max_bad_fraction: float = 0.01
    num_shards: int = 8
    overwrite: bool = False

    def __post_init__(self):
        if self.layout not in sources.LAYOUTS:
            raise ValueError(
                f"`layout` must be one of {sorted(sources.LAYOUTS)}. "
                f"Received: layout={self.layout!r}"
            )
        if self.image_size not in (32, 64, 128):
            raise ValueError(
                "`image_size` must be 32, 64 or 128. "
                f"Received: image_size={self.image_size}"
            )
        for name in ("min_images", "num_shards"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"`{name}` must be at least 1. "
                    f"Received: {name}={getattr(self, name)}"
                )
        if self.max_identities < 0:
            raise ValueError(
                "`max_identities` must be at least 0. "
                f"Received: max_identities={self.max_identities}"
            )
        if not 0 <= self.max_bad_fraction <= 1:
            raise ValueError(
                "`max_bad_fraction` must be in [0, 1]. "
                f"Received: max_bad_fraction={self.max_bad_fraction}"
            )
        pictures.parse_crop(self.resolved_crop)

    @property
    def resolved_crop(self) -> str:
        """The crop, the layout's own where none is given."""
        return self.crop or sources.LAYOUTS[self.layout].crop


def _read(path: str) -> bytes:
    with FileSystems.open(
        path, compression_type=CompressionTypes.UNCOMPRESSED
    ) as file:
        return file.read()


def inspect(photograph: Photograph):
    """(photograph, pixel hash, None), or (photograph, None, reason)."""
    try:
        picture = pictures.decode(_read(photograph.path))
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
    records.write_index(records.index_path(path), names, counts)
    return split, {
        "identities": len(names),
        "images": sum(counts),
        "bytes": num_bytes,
        "content": f"{shard}:{content.hexdigest()}",
    }


def _list_collection(options: BuildOptions):
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
        | "List" >> beam.FlatMap(_list_collection)
        | "Spread" >> beam.Reshuffle()
        | "Inspect" >> beam.Map(inspect)
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


def _manifest(report: dict, options: BuildOptions) -> dict:
    """The manifest of a finished build; raises BadCollection otherwise."""
    listed, bad = report["listed"][0], sorted(report["bad"])
    if report["errors"]:
        raise BadCollection(
            "The collection contradicts itself: "
            + "; ".join(sorted(report["errors"])[:LISTED])
        )
    if len(bad) > options.max_bad_fraction * listed:
        lines = "".join(f"\n  {path}: {why}" for path, why in bad[:LISTED])
        raise BadCollection(
            f"{len(bad)} of {listed} files are bad, more than "
            f"`max_bad_fraction` {options.max_bad_fraction} allows:{lines}"
        )
    splits = {
        split: {"identities": 0, "images": 0, "bytes": 0}
        for split in records.SPLITS
    }
    contents = []
    for split, counts in report["counts"]:
        contents.append(f"{split}:{counts.pop('content')}")
        for name, value in counts.items():
            splits[split][name] += value
    # The same records get the same id, so a data set that was built again
    # goes on serving the runs that were trained on it.
    build_id = hashlib.sha256("\n".join(sorted(contents)).encode()).hexdigest()
    if not sum(counts["identities"] for counts in splits.values()):
        raise BadCollection(
            "No identity has enough images: `min_images` is "
            f"{options.min_images}, and {len(report['too_few'])} identities "
            f"have fewer. Received: input={options.input!r}"
        )
    return {
        "format_version": records.FORMAT_VERSION,
        "build_id": build_id[:32],
        "image_size": options.image_size,
        "num_shards": options.num_shards,
        "label_names": list(options.columns.labels),
        "options": dataclasses.asdict(options)
        | {"crop": options.resolved_crop},
        "splits": splits,
        "files_listed": listed,
        "identities_with_too_few_images": len(report["too_few"]),
        "identities_beyond_max": len(report["beyond_max"]),
        "repeated_pictures": sorted(report["repeated"]),
        "pictures_of_two_identities": sorted(report["ambiguous"]),
        "bad_files": [{"path": p, "reason": why} for p, why in bad],
    }


def build(options: BuildOptions, beam_args: list[str] = ()) -> dict:
    """Builds the data set; returns its manifest.

    The manifest is written last, so a build that fails or is interrupted
    leaves a folder that cannot be trained on.

    Raises:
        BadCollection: If the collection is not as its layout says, holds too
            many bad files or no identity with enough images.
        FileNotFoundError: If `input` is not there.
        FileExistsError: If `output_dir` holds a data set already.
    """
    if not FileSystems.exists(options.input):
        raise FileNotFoundError(
            f"`input` does not exist. Received: input={options.input!r}"
        )
    is_folder = tf.io.gfile.isdir(options.input)
    if is_folder != sources.LAYOUTS[options.layout].is_folder:
        kind = "a CSV file" if is_folder else "a folder"
        raise BadCollection(
            f"The layout `{options.layout}` wants {kind}. "
            f"Received: input={options.input!r}"
        )
    # What a wrong layout breaks shows before any worker starts.
    if next(iter(_list_collection(options)), None) is None:
        raise BadCollection(
            f"No pictures found in the layout `{options.layout}`. "
            f"Received: input={options.input!r}"
        )

    manifest_path = os.path.join(options.output_dir, records.MANIFEST)
    if tf.io.gfile.exists(manifest_path):
        if not options.overwrite:
            raise FileExistsError(
                "`output_dir` holds a data set: choose another folder or pass "
                f"--overwrite. Received: output_dir={options.output_dir!r}"
            )
        tf.io.gfile.remove(manifest_path)
    try:
        tf.io.gfile.makedirs(options.output_dir)
    except tf.errors.OpError as error:
        raise OSError(
            f"`output_dir` cannot be made: {error.message}. "
            f"Received: output_dir={options.output_dir!r}"
        ) from error
    report_path = os.path.join(options.output_dir, REPORT)
    if tf.io.gfile.exists(report_path):
        tf.io.gfile.remove(report_path)

    with beam.Pipeline(
        options=PipelineOptions([*LOCAL_RUNNER, *beam_args])
    ) as root:
        pipeline(root, options, report_path)
    with tf.io.gfile.GFile(report_path) as file:
        report = json.loads(file.read())
    manifest = _manifest(report, options)
    part = manifest_path + ".part"
    with tf.io.gfile.GFile(part, "w") as file:
        file.write(json.dumps(manifest, indent=2) + "\n")
    tf.io.gfile.rename(part, manifest_path)
    tf.io.gfile.remove(report_path)
    return manifest


def summary(manifest: dict) -> str:
    """What was built and what was left out, for a person."""
    lines = [
        f"{split:6}{counts['identities']:9,} identities"
        f"{counts['images']:10,} images"
        for split, counts in manifest["splits"].items()
    ]
    left_out = {
        "identities with too few images": manifest[
            "identities_with_too_few_images"
        ],
        "identities beyond --max_identities": manifest["identities_beyond_max"],
        "repeated pictures": len(manifest["repeated_pictures"]),
        "pictures under two identities": len(
            manifest["pictures_of_two_identities"]
        ),
        "bad files": len(manifest["bad_files"]),
    }
    lines += [f"left out: {n:,} {what}" for what, n in left_out.items() if n]
    for bad in manifest["bad_files"][:LISTED]:
        lines.append(f"  {bad['path']}: {bad['reason']}")
    for split, counts in manifest["splits"].items():
        if not counts["identities"]:
            lines.append(f"WARNING: the split `{split}` is empty.")
    return "\n".join(lines)


def _define_flags() -> None:
    fields = {f.name: f.default for f in dataclasses.fields(BuildOptions)}
    flags.DEFINE_enum("layout", None, sorted(sources.LAYOUTS), "Layout.")
    flags.DEFINE_string("input", None, "The collection's folder or CSV.")
    flags.DEFINE_string("output_dir", None, "Folder of the data set.")
    flags.mark_flags_as_required(["layout", "input", "output_dir"])
    flags.DEFINE_integer("image_size", fields["image_size"], "32, 64 or 128.")
    flags.DEFINE_string(
        "crop", None, "center, none or left,top,right,bottom in [0, 1]."
    )
    flags.DEFINE_integer(
        "min_images", fields["min_images"], "Fewest images of an identity."
    )
    flags.DEFINE_integer(
        "max_identities", 0, "Take the first so many by hash; 0 takes all."
    )
    flags.DEFINE_float(
        "max_bad_fraction",
        fields["max_bad_fraction"],
        "Share of bad files above which the build fails.",
    )
    flags.DEFINE_integer("num_shards", fields["num_shards"], "Of each split.")
    flags.DEFINE_bool("overwrite", False, "Replace a data set.")
    flags.DEFINE_string("image_column", "image", "Of the layout `table`.")
    flags.DEFINE_string("identity_column", "identity", "Of `table`.")
    flags.DEFINE_list("label_columns", [], "Of `table`: kept in the records.")


def main(argv: list[str]) -> None:
    flag = flags.FLAGS
    given = {
        f.name: flag[f.name].value
        for f in dataclasses.fields(BuildOptions)
        if f.name != "columns"
    }
    columns = TableColumns(
        flag.image_column, flag.identity_column, tuple(flag.label_columns)
    )
    logging.getLogger().setLevel(logging.WARNING)
    try:
        options = BuildOptions(columns=columns, **given)
        manifest = build(options, beam_args=argv[1:])
    except (ValueError, OSError) as error:
        sys.exit(f"build_records: {error}")
    print(summary(manifest))
    print(f"Wrote {os.path.join(options.output_dir, records.MANIFEST)}")


def _parse(argv: list[str]) -> list[str]:
    """Parses our flags; the others must be Beam's."""
    _define_flags()
    try:
        left = flags.FLAGS(argv, known_only=True)
    except flags.Error as error:
        sys.exit(f"build_records: {error}")
    beam_options = PipelineOptions().get_all_options()
    for argument in left[1:]:
        name = argument.removeprefix("--").split("=")[0]
        if argument.startswith("--") and (
            name not in beam_options
            and name.removeprefix("no_") not in beam_options
        ):
            sys.exit(f"build_records: unknown flag --{name}")
    return left


if __name__ == "__main__":
    # Workers import this module by its name: classes of `__main__`, which is
    # another module there, could not be sent to them.
    from data_pipeline import build_records

    app.run(build_records.main, flags_parser=build_records._parse)

"""Builds a data set of TFRecord shards from a collection of photographs.

    python -m data_pipeline.build_records --layout=folders \
        --input=lfw --output_dir=data/lfw

An Apache Beam pipeline: two local worker processes by default, any other
runner by Beam's own flags. See `docs/data.md`.
"""

import dataclasses
import json
import logging
import os
import re
import sys

# As in main.py, for the workers too.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import apache_beam as beam
import tensorflow as tf
from absl import app, flags
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions

from data_pipeline import (
    build_manifest,
    build_pipeline,
    listing,
    pictures,
    preview,
    records,
    sources,
)
from data_pipeline.build_options import BuildOptions
from data_pipeline.listing import Notes
from data_pipeline.sources import BadCollection, TableColumns

REPORT = "build_report.json"
# The last line of a worker's traceback, where the user can mend it: a full
# disk, a folder that may not be written, too little memory.
WORKERS_FAULT = re.compile(
    r"^(?:RuntimeError: )?(?:[\w.]*\.)?"
    r"((?:OSError|PermissionError|MemoryError|BeamIOError|"
    r"ResourceExhaustedError|PermissionDeniedError|UnavailableError).*?)"
    r"(?: \[while running .*)?\s*\Z",
    re.MULTILINE,
)
LOCAL_RUNNER = (
    "--direct_running_mode=multi_processing",
    "--direct_num_workers=2",
    # What a worker fails of is raised here too.
    "--default_sdk_harness_log_level=CRITICAL",
)


def build(options: BuildOptions, beam_args: list[str] = ()) -> dict:
    """Builds the data set; returns its manifest.

    The manifest is written last, so a build that fails or is interrupted
    leaves a folder that cannot be trained on.

    Raises:
        BadCollection: If the collection is not as its layout says, holds too
            many bad files or no identity with enough images.
        FileNotFoundError: If `input`, or what the crop needs, is not there.
        FileExistsError: If `output_dir` holds a data set already.
    """
    pictures.prepare_crop(options.resolved_crop)
    if options.image_root and not FileSystems.exists(options.image_root):
        raise FileNotFoundError(
            "`image_root` does not exist. "
            f"Received: image_root={options.image_root!r}"
        )
    if not FileSystems.exists(options.input):
        raise FileNotFoundError(
            f"`input` does not exist. Received: input={options.input!r}"
        )
    is_folder = tf.io.gfile.isdir(options.input)
    if is_folder != sources.LAYOUTS[options.layout].is_folder:
        raise BadCollection(_wrong_kind(options, is_folder))
    # What is wrong in the collection's layout shows before any worker starts.
    notes, listed, fixed = Notes(), 0, False
    for photograph in build_pipeline.list_collection(options, notes):
        listed += 1
        fixed |= photograph.split is not None
    if not listed:
        notes.kinds.clear()  # What lies there is said below.
    said = notes.report(listed)
    if not listed:
        found = ""
        if is_folder:
            found = sources.suggest(options.input, options.layout) + " "
        passed = "".join(f"{line}. " for line in said if "WARNING" not in line)
        raise BadCollection(
            f"No pictures found in the layout `{options.layout}`. "
            f"{found}{passed}Received: input={options.input!r}"
        )

    names = [name for alike in notes.names.values() for name in alike]
    if len(names) == 1:
        # Now, and not only in the summary after an hour.
        hint = ""
        if is_folder:
            hint = " " + sources.suggest(options.input, options.layout)
        logging.warning(
            "All %d pictures are of one identity, %s: pairs of one identity "
            "teach nothing.%s",
            listed,
            names[0],
            hint,
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
    for name in (REPORT, preview.PREVIEW):
        old = os.path.join(options.output_dir, name)
        if tf.io.gfile.exists(old):
            tf.io.gfile.remove(old)

    with beam.Pipeline(
        options=PipelineOptions([*LOCAL_RUNNER, *beam_args])
    ) as root:
        build_pipeline.pipeline(root, options, report_path)
    with tf.io.gfile.GFile(report_path) as file:
        report = json.loads(file.read())
    manifest = build_manifest.from_report(report, options)
    data = records.DataSet(
        options.output_dir,
        options.image_size,
        options.num_shards,
        manifest["build_id"],
        options.label_names,
        manifest["contents"],
    )
    manifest |= {"listing": said} | preview.look(data, fixed)
    preview.write(data)
    build_manifest.write(manifest, manifest_path)
    tf.io.gfile.remove(report_path)
    return manifest


def _wrong_kind(options: BuildOptions, is_folder: bool) -> str:
    """The message for a file where a folder is wanted, or the reverse."""
    kind = "a CSV file" if is_folder else "a folder"
    text = f"The layout `{options.layout}` wants {kind}. "
    ending = listing.kind(options.input)
    if is_folder:
        text += sources.suggest(options.input, options.layout) + " "
    elif ending in listing.CONTAINERS:
        text += f"This is 1 file {ending}: unpack it into a folder. "
    elif ending in (".csv", ".tsv"):
        text += "For a CSV say --layout=table. "
    return f"{text}Received: input={options.input!r}"


def _define_flags() -> None:
    fields = {f.name: f.default for f in dataclasses.fields(BuildOptions)}
    flags.DEFINE_enum("layout", None, sorted(sources.LAYOUTS), "Layout.")
    flags.DEFINE_string("input", None, "The collection's folder or CSV.")
    flags.DEFINE_string("output_dir", None, "Folder of the data set.")
    flags.mark_flags_as_required(["layout", "input", "output_dir"])
    flags.DEFINE_integer(
        "image_size", fields["image_size"], "32, 64, 128 or 256."
    )
    flags.DEFINE_string(
        "crop",
        None,
        "center, none, pad, face or left,top,right,bottom in [0, 1].",
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
    flags.DEFINE_list(
        "split_fractions",
        [str(part) for part in fields["split_fractions"]],
        "Of the identities, by hash, for train, valid and test.",
    )
    flags.DEFINE_bool(
        "folder_splits",
        True,
        "Take folders named train, val, valid, validation, test as splits.",
    )
    flags.DEFINE_integer(
        "identity_depth",
        0,
        "Of `folders`: which folder of a path names the identity, from 1; 0 "
        "takes the one that holds the picture.",
    )
    flags.DEFINE_string(
        "pattern",
        None,
        "Of the layout `pattern`: a regular expression for the beginning of a "
        "picture's path below the input, with a group (?P<identity>...).",
    )
    flags.DEFINE_string(
        "image_root",
        None,
        "Of `table`: the folder that picture paths are relative to.",
    )
    flags.DEFINE_string(
        "delimiter", None, "Of `table`: between cells; found by itself."
    )
    flags.DEFINE_string(
        "encoding", None, "Of `table`: utf-8, utf-16, ...; found by itself."
    )
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
    # A shell expands no ~ behind an equals sign.
    for name in ("input", "output_dir", "image_root"):
        if given[name]:
            given[name] = os.path.expanduser(given[name])
    try:
        given["split_fractions"] = tuple(map(float, flag.split_fractions))
    except ValueError:
        sys.exit(
            "build_records: `split_fractions` must be numbers. Received: "
            f"split_fractions={flag.split_fractions}"
        )
    if flag.delimiter in ("\\t", "tab"):  # As one types it.
        given["delimiter"] = "\t"
    columns = TableColumns(
        flag.image_column, flag.identity_column, tuple(flag.label_columns)
    )
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
    # For the face detector in the workers: they are processes already, one a
    # core.
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    try:
        options = BuildOptions(columns=columns, **given)
        manifest = build(options, beam_args=argv[1:])
    except (ValueError, OSError) as error:
        sys.exit(f"build_records: {error}")
    except tf.errors.OpError as error:
        sys.exit(f"build_records: {error.message}")
    except RuntimeError as error:
        cause = WORKERS_FAULT.search(str(error))
        if not cause:
            raise
        sys.exit(f"build_records: a worker failed: {cause.group(1)}")
    print(build_manifest.summary(manifest))
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
    app.run(main, flags_parser=_parse)

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
    pictures,
    records,
    sources,
)
from data_pipeline.build_options import BuildOptions
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
    # What is wrong in the collection's layout shows before any worker starts.
    if not sum(1 for _ in build_pipeline.list_collection(options)):
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
        build_pipeline.pipeline(root, options, report_path)
    with tf.io.gfile.GFile(report_path) as file:
        report = json.loads(file.read())
    manifest = build_manifest.from_report(report, options)
    build_manifest.write(manifest, manifest_path)
    tf.io.gfile.remove(report_path)
    return manifest


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
        "crop", None, "center, none, face or left,top,right,bottom in [0, 1]."
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
    # A shell expands no ~ behind an equals sign.
    for name in ("input", "output_dir"):
        given[name] = os.path.expanduser(given[name])
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

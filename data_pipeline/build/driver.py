"""Runs a build: looks at the collection, runs the pipeline, writes the rest."""

import dataclasses
import json
import logging
import os
from collections.abc import Sequence
from typing import TextIO

import apache_beam as beam
import tensorflow as tf
from apache_beam.options.pipeline_options import PipelineOptions

from data_pipeline import startup
from data_pipeline.build import collection_files, listing, pipeline, preview
from data_pipeline.build import manifest as manifests
from data_pipeline.build.errors import BadCollection
from data_pipeline.build.layouts.kinds import LAYOUTS
from data_pipeline.build.layouts.registry import advise, suggest
from data_pipeline.build.listing import Notes
from data_pipeline.build.options import BuildOptions
from data_pipeline.build.picture_counts import Watch
from data_pipeline.records.data_set import MANIFEST, DataSet
from data_pipeline.records.pictures import prepare_crop

REPORT = "build_report.json"
LOCAL_RUNNER = (
    "--direct_running_mode=multi_processing",
    "--direct_num_workers=2",
    # What a worker fails of is raised here too.
    "--default_sdk_harness_log_level=CRITICAL",
)


@dataclasses.dataclass(frozen=True)
class Survey:
    """A collection, listed before any worker starts.

    Attributes:
        listed: Photographs.
        has_splits: Whether the collection itself says who is in which split.
        lines: Sentences for the user.
    """

    listed: int
    has_splits: bool
    lines: list[str]


def build(
    options: BuildOptions,
    beam_args: Sequence[str] = (),
    stream: TextIO | None = None,
) -> dict:
    """Builds the data set; returns its manifest.

    The manifest is written last, so a build that fails or is interrupted
    leaves a folder that cannot be trained on.

    Args:
        options: Of the build.
        beam_args: Beam's own flags.
        stream: Where it says how far it has come; None says nothing.

    Raises:
        BadCollection: If the collection is not as its layout says, holds too
            many bad files or no identity with enough images.
        FileNotFoundError: If `input`, or what the crop needs, is not there.
        FileExistsError: If `output_dir` holds a data set already.
    """
    prepare_crop(options.resolved_crop)
    _check_input(options)
    surveyed = survey(options)
    _clear_output(options)
    report_path = os.path.join(options.output_dir, REPORT)
    # Beam's workers are processes, of which each writes lines of its own.
    with (
        Watch(options.temporary_dir, surveyed.listed, stream),
        startup.held_stderr(),
        beam.Pipeline(
            options=PipelineOptions([*LOCAL_RUNNER, *beam_args])
        ) as root,
    ):
        pipeline.pipeline(root, options, report_path)
    with tf.io.gfile.GFile(report_path) as file:
        report = json.loads(file.read())
    _remove_temporary(options)
    manifest = manifests.from_report(report, options)
    data = DataSet(
        options.output_dir,
        options.image_size,
        options.num_shards,
        manifest["build_id"],
        options.label_names,
        manifest["contents"],
    )
    manifest["listing"] = surveyed.lines
    manifest |= preview.look(data, surveyed.has_splits)
    preview.write(data)
    manifests.write(manifest, os.path.join(options.output_dir, MANIFEST))
    tf.io.gfile.remove(report_path)
    return manifest


def _check_input(options: BuildOptions) -> None:
    for name in ("image_root", "input"):
        path = getattr(options, name)
        if path is not None and not collection_files.exists(path):
            raise FileNotFoundError(
                f"`{name}` does not exist. Received: {name}={path!r}"
            )
    is_folder = collection_files.is_folder(options.input)
    roots = LAYOUTS[options.layout].roots
    if ("folder" if is_folder else "file") not in roots:
        raise BadCollection(_wrong_kind(options, is_folder))


def _wrong_kind(options: BuildOptions, is_folder: bool) -> str:
    """The message for a file where a folder is wanted, or the reverse."""
    kind = "a CSV file" if is_folder else "a folder"
    text = f"The layout `{options.layout}` needs {kind}. "
    ending = listing.kind(options.input)
    if is_folder:
        text += suggest(options.input, options.layout) + " "
    elif ending in listing.CONTAINERS:
        how = " ".join(advise([ending]))
        text += f"This is 1 file {ending}. {how} "
    elif ending in (".csv", ".tsv"):
        text += "For a CSV, pass --layout=table. "
    return f"{text}Received: input={options.input!r}"


def survey(options: BuildOptions) -> Survey:
    """Lists the collection, so that errors of its layout show at once.

    Raises:
        BadCollection: If it is not as its layout says, or is empty.
    """
    notes, listed, has_splits = Notes(), 0, False
    for photograph in pipeline.list_collection(options, notes):
        listed += 1
        has_splits |= photograph.split is not None
    if not listed:
        notes.kinds.clear()  # What lies there is said below.
    lines = notes.report(listed)
    hint = ""
    names = [name for alike in notes.names.values() for name in alike]
    if len(names) < 2 and collection_files.is_folder(options.input):
        hint = suggest(options.input, options.layout) + " "
    if not listed:
        passed = "".join(f"{line}. " for line in lines if "WARNING" not in line)
        raise BadCollection(
            f"No pictures found in the layout `{options.layout}`. "
            f"{hint}{passed}Received: input={options.input!r}"
        )
    if len(names) == 1:
        # Now, and not only in the summary after an hour.
        logging.warning(
            "All %d pictures are of one identity, %s. Training needs "
            "several identities. %s",
            listed,
            names[0],
            hint,
        )
    return Survey(listed, has_splits, lines)


def _clear_output(options: BuildOptions) -> None:
    """Makes the output's folder, without what an earlier build left there.

    Raises:
        FileExistsError: If it holds a data set that is to be kept.
        OSError: If it cannot be made.
    """
    if (
        tf.io.gfile.exists(os.path.join(options.output_dir, MANIFEST))
        and not options.overwrite
    ):
        raise FileExistsError(
            "`output_dir` holds a data set: choose another folder or pass "
            f"--overwrite. Received: output_dir={options.output_dir!r}"
        )
    try:
        tf.io.gfile.makedirs(options.output_dir)
    except tf.errors.OpError as error:
        raise OSError(
            f"`output_dir` cannot be created: {error.message}. Received: "
            f"output_dir={options.output_dir!r}"
        ) from error
    for name in (MANIFEST, REPORT, preview.PREVIEW):
        old = os.path.join(options.output_dir, name)
        if tf.io.gfile.exists(old):
            tf.io.gfile.remove(old)
    _remove_temporary(options)


def _remove_temporary(options: BuildOptions) -> None:
    if tf.io.gfile.exists(options.temporary_dir):
        tf.io.gfile.rmtree(options.temporary_dir)

"""Builds a data set of TFRecord shards from a collection of photographs.

    python -m data_pipeline.build_records --layout=folders \
        --input=lfw --output_dir=data/lfw

An Apache Beam pipeline: two local worker processes by default, any other
runner by Beam's own flags. See `docs/data.md`.
"""

import dataclasses
import difflib
import os
import sys
from typing import Any

from absl import app, flags

from data_pipeline import help_text, startup
from data_pipeline.build.layouts.kinds import LAYOUTS
from data_pipeline.build.options import BuildOptions
from data_pipeline.build.reading import TableColumns
from data_pipeline.local_paths import local_path

# Of --help.
SECTIONS = {
    "The collection": ("layout", "input", "identity_depth", "pattern"),
    "The data set": (
        "output_dir",
        "overwrite",
        "num_shards",
        "split_fractions",
        "folder_splits",
    ),
    "Pictures": ("image_size", "crop", "max_bad_fraction"),
    "Identities": ("min_images", "max_identities", "drop_near_duplicates"),
    "Tables": (
        "image_column",
        "image_separator",
        "identity_column",
        "label_columns",
        "image_root",
        "delimiter",
        "encoding",
    ),
}
# How like one of ours a flag must be not to be taken for one of Beam's.
LIKE = 0.85


def _define_flags() -> None:
    fields: dict[str, Any] = {
        f.name: f.default for f in dataclasses.fields(BuildOptions)
    }
    flags.DEFINE_enum(
        "layout",
        None,
        sorted(LAYOUTS),
        "Layout of the collection; see docs/data.md.",
    )
    flags.DEFINE_string(
        "input", None, "The collection: a folder, archive, table or shard."
    )
    flags.DEFINE_string("output_dir", None, "Folder of the data set.")
    flags.mark_flags_as_required(["layout", "input", "output_dir"])
    flags.DEFINE_integer(
        "image_size",
        fields["image_size"],
        "Side of the pictures in pixels: 32, 64, 128 or 256.",
    )
    flags.DEFINE_string(
        "crop",
        None,
        "center, none, pad, face, or left,top,right,bottom in [0, "
        "1]. Default: the layout's own crop.",
    )
    flags.DEFINE_integer(
        "min_images",
        fields["min_images"],
        "Leave out identities with fewer images.",
    )
    flags.DEFINE_integer(
        "max_identities",
        0,
        "Use only the first identities in the order of their hashes; "
        "0: use all.",
    )
    flags.DEFINE_bool(
        "drop_near_duplicates",
        False,
        "Leave out copies that differ only in size, compression or "
        "brightness: all of them under two identities, all but one "
        "within an identity.",
    )
    flags.DEFINE_float(
        "max_bad_fraction",
        fields["max_bad_fraction"],
        "Fail if the fraction of bad files is larger.",
    )
    flags.DEFINE_integer(
        "num_shards", fields["num_shards"], "Number of shards of each split."
    )
    flags.DEFINE_bool("overwrite", False, "Replace an existing data set.")
    flags.DEFINE_list(
        "split_fractions",
        [str(part) for part in fields["split_fractions"]],
        "Shares of the identities, by hash, for train, valid and test.",
    )
    flags.DEFINE_bool(
        "folder_splits",
        True,
        "Use folders named train, val, test or similar, and shards with such "
        "names, as splits.",
    )
    flags.DEFINE_integer(
        "identity_depth",
        0,
        "Layout `folders`: which folder of a path is the identity, "
        "counted from 1. 0: the folder that holds the picture.",
    )
    flags.DEFINE_string(
        "pattern",
        None,
        "Layout `pattern`: regular expression for the beginning of a "
        "picture's path relative to the input, with a group "
        "(?P<identity>...).",
    )
    flags.DEFINE_string(
        "image_root",
        None,
        "Layout `table`: folder that picture paths are relative to.",
    )
    flags.DEFINE_string(
        "image_separator",
        None,
        "Layout `table`: separator between the pictures in one cell, "
        "such as , or |.",
    )
    flags.DEFINE_string(
        "delimiter",
        None,
        "Layout `table`: delimiter of the cells. Default: detected.",
    )
    flags.DEFINE_string(
        "encoding",
        None,
        "Layout `table`: utf-8, utf-16, ... Default: detected.",
    )
    flags.DEFINE_string(
        "image_column",
        "image",
        "Tables and shards: column of the picture. In a table, "
        "image_* names several columns.",
    )
    flags.DEFINE_string(
        "identity_column",
        "identity",
        "Tables and shards: column of the identity.",
    )
    flags.DEFINE_list(
        "label_columns",
        [],
        "Tables and shards: columns to keep as labels of the records.",
    )


def read_options() -> BuildOptions:
    """Reads the parsed flags.

    Raises:
        ValueError: If a value is not allowed.
    """
    flag = flags.FLAGS
    given: dict[str, Any] = {
        f.name: flag[f.name].value
        for f in dataclasses.fields(BuildOptions)
        if f.name != "columns"
    }
    for name in ("input", "output_dir", "image_root"):
        if given[name]:
            given[name] = local_path(name, given[name])
    try:
        given["split_fractions"] = tuple(map(float, flag.split_fractions))
    except ValueError as error:
        raise ValueError(
            "`split_fractions` must be numbers. Received: "
            f"split_fractions={flag.split_fractions}"
        ) from error
    if flag.delimiter in ("\\t", "tab"):  # As one types it.
        given["delimiter"] = "\t"
    columns = TableColumns(
        flag.image_column, flag.identity_column, tuple(flag.label_columns)
    )
    return BuildOptions(columns=columns, **given)


def main(argv: list[str]) -> None:
    """Builds as the flags say; those that are not ours are Beam's."""
    try:
        options = read_options()
    except ValueError as error:
        sys.exit(f"build_records: {error}")
    # As in main.py, for the workers too.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # For the face detector in the workers: they are processes already, one a
    # core.
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    # Beam and TensorFlow take seconds, and a wrong flag shows at once.
    _check_names(argv[1:])
    command = startup.import_quietly("data_pipeline.build.command")
    command.run(options, argv[1:])


def _check_names(beam_args: list[str]) -> None:
    """Ends the program where a flag for Beam looks like a misspelt one."""
    ours = [name for names in SECTIONS.values() for name in names]
    for argument in beam_args:
        name = argument.lstrip("-").partition("=")[0]
        near = difflib.get_close_matches(name, ours, 1, LIKE)
        if argument.startswith("-") and near:
            sys.exit(
                f"build_records: unknown flag --{name}. Did you mean: "
                f"{near[0]} ?"
            )


def parse(argv: list[str]) -> list[str]:
    """Parses our flags; returns the others. Shows help if it is asked for."""
    _define_flags()
    summary = f"{__doc__.splitlines()[0]} Other flags are Beam's."
    return help_text.parse(
        argv, "build_records", summary, SECTIONS, known_only=True
    )


def run(argv: list[str]) -> None:
    """Is the program.

    Args:
        argv: Its name, and what it is given.
    """
    with startup.interruptible("build_records:"):
        app.run(main, argv=argv, flags_parser=parse)


if __name__ == "__main__":
    run(sys.argv)

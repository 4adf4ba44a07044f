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

from data_pipeline import help, startup
from data_pipeline.build.layouts.kinds import LAYOUTS
from data_pipeline.build.options import BuildOptions
from data_pipeline.build.photograph import TableColumns
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
    flags.DEFINE_enum("layout", None, sorted(LAYOUTS), "How it is laid out.")
    flags.DEFINE_string(
        "input", None, "The collection: a folder, archive, table or shard."
    )
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
    flags.DEFINE_bool(
        "drop_near_duplicates",
        False,
        "Leave out photographs of other sizes, compression or brightness: all "
        "under two identities, all but one within an identity.",
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
        "Take folders named train, val, test or likewise as splits, and shards "
        "of other programs too.",
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
        "image_separator",
        None,
        "Of `table`: between the pictures in one cell, such as , or |.",
    )
    flags.DEFINE_string(
        "delimiter", None, "Of `table`: between cells; found by itself."
    )
    flags.DEFINE_string(
        "encoding", None, "Of `table`: utf-8, utf-16, ...; found by itself."
    )
    flags.DEFINE_string(
        "image_column",
        "image",
        "Of tables and shards; in a table image_* takes several columns.",
    )
    flags.DEFINE_string("identity_column", "identity", "Of tables and shards.")
    flags.DEFINE_list(
        "label_columns", [], "Of tables and shards: kept in the records."
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
    if help.ASKED & set(argv):
        summary = f"{__doc__.splitlines()[0]} Other flags are Beam's."
        usage = help.usage(argv[0], "data_pipeline.build_records")
        print(help.of_program(usage, summary, SECTIONS, flags.FLAGS))
        sys.exit()
    try:
        return flags.FLAGS(argv, known_only=True)
    except flags.Error as error:
        text = " ".join(str(error).split())
        sys.exit(f"build_records: {text}")


def run(argv: list[str]) -> None:
    """Is the program.

    Args:
        argv: Its name, and what it is given.
    """
    with startup.interruptible("build_records:"):
        app.run(main, argv=argv, flags_parser=parse)


if __name__ == "__main__":
    run(sys.argv)

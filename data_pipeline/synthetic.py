"""Writes portraits drawn by the program, with their true factors beside them.

    python -m data_pipeline.synthetic --output_dir=data/portraits

Its table is a collection of the layout `table` of `build_records`.
"""

import os
import shlex
import sys

from absl import app, flags

from data_pipeline import help_text, startup
from data_pipeline.local_paths import local_path
from data_pipeline.portraits.collection import (
    SCENE,
    factor_columns,
    write_portraits,
)

# Of --help.
SECTIONS = {
    "Portraits": (
        "output_dir",
        "num_identities",
        "images_per_identity",
        "image_size",
    ),
    "Randomness": ("seed", "first_identity", "num_scenes"),
}


def _define_flags() -> None:
    flags.DEFINE_string("output_dir", None, "Folder to write into.")
    flags.mark_flag_as_required("output_dir")
    flags.DEFINE_integer("num_identities", 1000, "Number of people.")
    flags.DEFINE_integer("images_per_identity", 16, "Pictures of each person.")
    flags.DEFINE_integer("image_size", 64, "Side of the pictures in pixels.")
    flags.DEFINE_integer("seed", 0, "Seed; another seed gives other people.")
    flags.DEFINE_integer("first_identity", 0, "Number of the first person.")
    flags.DEFINE_integer(
        "num_scenes",
        0,
        "Number of backgrounds that people share; 0: each picture has its own.",
    )


def main(argv: list[str]) -> None:
    """Writes portraits as the flags say; prints the table and what is next."""
    if len(argv) > 1:
        sys.exit(f"synthetic: not a flag: {argv[1]}")
    flag = flags.FLAGS
    try:
        output_dir = local_path("output_dir", flag.output_dir)
        table = write_portraits(
            output_dir,
            flag.num_identities,
            flag.images_per_identity,
            image_size=flag.image_size,
            seed=flag.seed,
            first_identity=flag.first_identity,
            num_scenes=flag.num_scenes,
        )
    except (ValueError, OSError) as error:
        sys.exit(f"synthetic: {error}")
    print(table)
    columns = factor_columns() + [SCENE] * bool(flag.num_scenes)
    arguments = [
        "--layout=table",
        f"--input={table}",
        "--image_column=image",
        "--identity_column=identity",
        f"--label_columns={','.join(columns)}",
        f"--image_size={flag.image_size}",
        f"--output_dir={os.path.join(output_dir, 'records')}",
    ]
    print(f"python -m data_pipeline.build_records {shlex.join(arguments)}")


def parse(argv: list[str]) -> list[str]:
    """Parses the flags; shows help if it is asked for."""
    _define_flags()
    summary = __doc__.splitlines()[0]
    return help_text.parse(argv, "synthetic", summary, SECTIONS)


def run(argv: list[str]) -> None:
    """Is the program.

    Args:
        argv: Its name, and what it is given.
    """
    with startup.interruptible("synthetic:"):
        app.run(main, argv=argv, flags_parser=parse)


if __name__ == "__main__":
    run(sys.argv)

"""Writes portraits drawn by the program, with their true factors beside them.

    python -m data_pipeline.synthetic --output_dir=data/portraits

Its table is a collection of the layout `table` of `build_records`.
"""

import csv
import dataclasses
import os
import shlex
import sys

import numpy as np
from absl import app, flags

from data_pipeline.factors import (
    Identity,
    Observation,
    check_at_least,
    identity,
    observation,
)
from data_pipeline.portraits import draw_portrait

# What a scene fixes of an observation.
SCENE, SCENERY = (
    "scene",
    (
        "background_hue",
        "background_lightness",
        "background_gradient",
    ),
)


def factor_columns() -> list[str]:
    """Names of the factors' columns in the table of `write_portraits`."""
    kinds = (("identity", Identity), ("observation", Observation))
    return [
        f"{prefix}_{field.name}"
        for prefix, kind in kinds
        for field in dataclasses.fields(kind)
    ]


def write_portraits(
    output_dir: str,
    num_identities: int,
    images_per_identity: int,
    image_size: int = 64,
    seed: int = 0,
    first_identity: int = 0,
    num_scenes: int = 0,
) -> str:
    """Writes portraits as PNG files and a table of their true factors.

    The pictures are `images/<identity>/<observation>.png`; `portraits.csv`
    has the columns image (path relative to the table), identity (such as
    person-000012), observation and `factor_columns()`.

    Args:
        output_dir: Folder to write into; made if missing.
        num_identities: Number of people, at least 1.
        images_per_identity: Photographs of each, at least 1.
        image_size: Side of the pictures in pixels, at least 8.
        seed: Not negative; different seeds have different people.
        first_identity: Number of the first person, not negative; two data
            sets of one seed with disjoint numbers share no person.
        num_scenes: Backgrounds that all people are photographed before, each
            photograph before one of them; its number is the column `scene`.
            0: every photograph has a background of its own, and no column.

    Returns:
        Path of the table.

    Raises:
        FileExistsError: If the table is there already.
        ValueError: If a number is too small.
    """
    check_at_least(
        1,
        num_identities=num_identities,
        images_per_identity=images_per_identity,
    )
    check_at_least(8, image_size=image_size)
    check_at_least(
        0, seed=seed, first_identity=first_identity, num_scenes=num_scenes
    )
    table = os.path.join(output_dir, "portraits.csv")
    if os.path.exists(table):
        raise FileExistsError(
            f"{table} exists already. Remove the folder or give another "
            f"`output_dir`. Received: output_dir={output_dir!r}"
        )

    columns = ["image", "identity", "observation", *factor_columns()]
    rows = [columns + [SCENE] * bool(num_scenes)]
    for person_index in range(first_identity, first_identity + num_identities):
        person = identity(seed, person_index)
        name = f"person-{person_index:06d}"
        folder = os.path.join(output_dir, "images", name)
        os.makedirs(folder, exist_ok=True)
        for index in range(images_per_identity):
            view, shot = observation(seed, person_index, index), f"{index:06d}"
            place = []
            if num_scenes:
                view, scene = before_a_scene(
                    view, num_scenes, seed, person_index, index
                )
                place = [scene]
            picture = draw_portrait(person, view, image_size)
            picture.save(os.path.join(folder, f"{shot}.png"))
            factors = dataclasses.astuple(person) + dataclasses.astuple(view)
            image = f"images/{name}/{shot}.png"
            rows.append([image, name, shot, *factors, *place])
    # Last, so that a run cut short leaves no table and can be repeated.
    with open(table, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return table


def before_a_scene(
    view: Observation, num_scenes: int, seed: int, *photograph: int
) -> tuple[Observation, int]:
    """An observation before one of the scenes of `seed`, and its number."""
    rng = np.random.default_rng([seed, *photograph])
    scene = int(rng.integers(num_scenes))
    scenery = Observation.sample(np.random.default_rng([seed, scene]))
    fixed = {name: getattr(scenery, name) for name in SCENERY}
    return dataclasses.replace(view, **fixed), scene


def _define_flags() -> None:
    flags.DEFINE_string("output_dir", None, "Folder to write into.")
    flags.mark_flag_as_required("output_dir")
    flags.DEFINE_integer("num_identities", 1000, "People.")
    flags.DEFINE_integer("images_per_identity", 16, "Photographs of each.")
    flags.DEFINE_integer("image_size", 64, "Side of the pictures in pixels.")
    flags.DEFINE_integer("seed", 0, "Different seeds have different people.")
    flags.DEFINE_integer("first_identity", 0, "Number of the first person.")
    flags.DEFINE_integer(
        "num_scenes", 0, "Backgrounds that people share; 0: each its own."
    )


def main(argv: list[str]) -> None:
    """Writes portraits as the flags say; prints the table and what is next."""
    if len(argv) > 1:
        raise app.UsageError(f"Unknown arguments: {argv[1:]}")
    flag = flags.FLAGS
    try:
        table = write_portraits(
            flag.output_dir,
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
        f"--output_dir={os.path.join(flag.output_dir, 'records')}",
    ]
    print(f"python -m data_pipeline.build_records {shlex.join(arguments)}")


if __name__ == "__main__":
    _define_flags()
    app.run(main)

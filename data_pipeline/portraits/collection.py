"""Writes portraits as a collection: PNG files and a table of their factors.

The table is one of the layout `table` of `build_records`.
"""

import csv
import dataclasses
import os

import numpy as np

from data_pipeline.portraits.attributes import (
    Identity,
    Observation,
    check_at_least,
    identity,
    observation,
)
from data_pipeline.portraits.painter import draw_portrait

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
    rows: list[list] = [columns + [SCENE] * bool(num_scenes)]
    for person_index in range(first_identity, first_identity + num_identities):
        person = identity(seed, person_index)
        name = f"person-{person_index:06d}"
        folder = os.path.join(output_dir, "images", name)
        os.makedirs(folder, exist_ok=True)
        for index in range(images_per_identity):
            view, shot = observation(seed, person_index, index), f"{index:06d}"
            place: list[int] = []
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

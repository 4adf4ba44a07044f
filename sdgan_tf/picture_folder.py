"""Folders of generated pictures: single ones, a grid, and their codes.

    NAME.png ...    the single pictures
    grid.png        all of them in rows
    samples.npz     `images`, `z_i`, `z_o` and `names`, in the same order

A call replaces the pictures of the call before it, which `samples.npz` names.
"""

import dataclasses
import io
import os
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from sdgan_tf.codes import write_arrays
from sdgan_tf.generators import Generator
from sdgan_tf.images import contact_sheet, labelled_sheet, write_png

SAMPLES, GRID = "samples.npz", "grid.png"


@dataclasses.dataclass(frozen=True)
class Labels:
    """The text beside a grid.

    Attributes:
        rows: One for each row.
        columns: One for each column.
    """

    rows: Sequence[str]
    columns: Sequence[str]


@dataclasses.dataclass(frozen=True)
class Earlier:
    """The pictures that were in a folder before.

    Attributes:
        folder: The folder.
        replaced: Pictures of an earlier call, replaced.
        kept: Other pictures, which stay.
    """

    folder: str
    replaced: int
    kept: int

    def lines(self) -> list[str]:
        """Describes what was replaced and what stays, a line each."""
        lines = []
        if self.replaced:
            lines.append(
                f"The {self.replaced} pictures of an earlier call are replaced."
            )
        if self.kept:
            lines.append(
                f"Other pictures in {self.folder} are of no call that is known "
                f"and stay: {self.kept}."
            )
        return lines


@dataclasses.dataclass(frozen=True)
class Written:
    """The result of `write_pictures`.

    Attributes:
        grid: The grid's path.
        images: The pictures, uint8 `[n, h, w, 3]`.
        earlier: The pictures that were there before.
    """

    grid: str
    images: np.ndarray
    earlier: Earlier


def grid_names(rows: int, columns: int, row: str, column: str) -> list[str]:
    """Names the pictures of a grid, row by row: `ROW0000_COLUMN0000`."""
    return [
        f"{row}{r:04d}_{column}{c:04d}"
        for r in range(rows)
        for c in range(columns)
    ]


def replace_earlier(
    folder: str, record: str, names: Sequence[str], sheets: Sequence[str]
) -> Earlier:
    """Removes the pictures of an earlier call.

    Args:
        folder: The folder of both calls.
        record: The npz whose `names` are those of the earlier call's pictures.
        names: Names of this call's pictures, without suffix.
        sheets: File names that each call writes over.

    Returns:
        How many pictures were there. Those of neither call stay.
    """
    earlier = _recorded_names(os.path.join(folder, record))
    kept = {*(f"{name}.png" for name in names), *sheets}
    there = {
        name
        for name in tf.io.gfile.listdir(folder)
        if name.endswith(".png") and name not in kept
    }
    stale = there & {f"{name}.png" for name in earlier}
    for name in stale:
        tf.io.gfile.remove(os.path.join(folder, name))
    return Earlier(folder, len(earlier), len(there - stale))


def _recorded_names(path: str) -> list[str]:
    """Reads the names of an earlier call's pictures; none if unknown."""
    if not tf.io.gfile.exists(path):
        return []
    with tf.io.gfile.GFile(path, "rb") as file:
        data = file.read()
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            names = [str(name) for name in arrays["names"].tolist()]
    # As in `read_codes`; and older versions wrote no names.
    except Exception:
        return []
    # A name that leads out of the folder was not written by this program.
    return [name for name in names if name == os.path.basename(name)]


def write_pictures(
    folder: str,
    generator: Generator,
    z: ArrayLike,
    names: Sequence[str],
    columns: int,
    labels: Labels | None = None,
) -> Written:
    """Writes the pictures of codes: single ones, a grid, `samples.npz`.

    Those of an earlier call in the same folder are replaced.

    Args:
        folder: An existing folder.
        generator: The generator of the pictures.
        z: Codes `[n, d_z]`.
        names: Names of the n single pictures, without suffix.
        columns: Columns of the grid.
        labels: Text beside the grid, which then is enlarged if its pictures
            are small. By default the grid holds the pictures' own pixels only.
    """
    images = generator.pictures(z)
    earlier = replace_earlier(folder, SAMPLES, names, [GRID])
    for name, image in zip(names, images, strict=True):
        write_png(os.path.join(folder, f"{name}.png"), image)
    grid = os.path.join(folder, GRID)
    if labels:
        sheet = labelled_sheet(images, labels.rows, labels.columns)
    else:
        sheet = contact_sheet(images, columns)
    write_png(grid, sheet)
    z_i, z_o = generator.latents.split(np.asarray(z))
    write_arrays(
        os.path.join(folder, SAMPLES),
        images=images,
        z_i=z_i,
        z_o=z_o,
        names=np.array(names),
    )
    return Written(grid, images, earlier)

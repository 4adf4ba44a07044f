"""Interpolations between two codes, z_i and z_o apart."""

import dataclasses
import os

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from sdgan_tf.codes import read_codes
from sdgan_tf.generators import Generator
from sdgan_tf.images import write_animation
from sdgan_tf.latents import LatentSpace
from sdgan_tf.picture_folder import Written, grid_names, write_pictures

ANIMATIONS = ("loop.gif", "loop.webp")


@dataclasses.dataclass(frozen=True)
class WrittenInterpolation:
    """The files of an interpolation.

    Attributes:
        pictures: The grid and its single pictures.
        animations: Paths of the animations.
    """

    pictures: Written
    animations: tuple[str, ...]


def read_ends(ends: str, codes: str, latents: LatentSpace) -> list[np.ndarray]:
    """Reads the two codes `[d_z]` of an interpolation.

    Args:
        ends: Two whole numbers, "A,B".
        codes: The npz whose rows they are; without one, they are seeds.
        latents: The latent space of the codes.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If these are no two numbers, or the file is bad or has no
            such rows.
    """
    try:
        a, b = (int(part) for part in ends.split(","))
    except ValueError:
        a = b = -1
    # Seeds are TensorFlow's int64.
    if min(a, b) < 0 or max(a, b) > tf.int64.max:
        raise ValueError(
            f'`ends` must be two whole numbers in [0, {tf.int64.max}], "A,B". '
            f"Received: ends={ends!r}"
        )
    if not codes:
        return [
            np.concatenate(latents.codes(seed, 1, 1), axis=1)[0]
            for seed in (a, b)
        ]
    z = np.concatenate(read_codes(codes, latents), axis=1)
    if max(a, b) >= len(z):
        raise ValueError(
            f"`ends` must be rows of the {len(z)} in `codes`, counted from 0. "
            f"Received: ends={ends!r}, codes={codes!r}"
        )
    return [z[a], z[b]]


def write_interpolation(
    folder: str,
    generator: Generator,
    first: ArrayLike,
    second: ArrayLike,
    rows: int = 8,
    columns: int = 8,
    frames: int = 12,
    frame_milliseconds: int = 80,
) -> WrittenInterpolation:
    """Writes a grid between two codes and an animation around its border.

    Args:
        folder: An existing folder.
        generator: The generator of the pictures.
        first: A code `[d_z]`.
        second: Another one.
        rows: Steps along z_i.
        columns: Steps along z_o.
        frames: Frames of the animation on each of its 4 ways.
        frame_milliseconds: Time of a frame.
    """
    latents = generator.latents
    written = write_pictures(
        folder,
        generator,
        latents.between(first, second, rows, columns),
        grid_names(rows, columns, "row", "column"),
        columns,
    )
    loop = generator.pictures(latents.round_trip(first, second, frames))
    paths = tuple(os.path.join(folder, name) for name in ANIMATIONS)
    for path in paths:
        write_animation(path, loop, frame_milliseconds)
    return WrittenInterpolation(written, paths)

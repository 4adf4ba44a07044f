"""`--mode=interpolate`: from one code to another, z_i and z_o apart."""

import os

import numpy as np
import tensorflow as tf

from sdgan_tf.config import Config
from sdgan_tf.images import write_animation
from sdgan_tf.latents import LatentSpace
from sdgan_tf.sampling import (
    grid_names,
    output_folder,
    read_codes,
    trained_generator,
    write_pictures,
)

ANIMATIONS = ("loop.gif", "loop.webp")


def read_ends(ends: str, codes: str, latents: LatentSpace) -> list[np.ndarray]:
    """The two codes `[d_z]` to go between.

    Args:
        ends: Two whole numbers, "A,B".
        codes: The npz whose rows they are; without, they are seeds.
        latents: What the codes must fit.

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


def interpolate(config: Config) -> None:
    """Writes a grid between two codes and an animation around its border."""
    generator = trained_generator(config)
    latents, options = generator.latents, config.interpolation
    first, second = (
        latents.truncate(tf.constant(end), config.sampling.truncate)
        for end in read_ends(options.ends, config.sampling.codes, latents)
    )
    folder = output_folder(config, "interpolation")
    sheet = write_pictures(
        folder,
        generator,
        latents.between(first, second, options.rows, options.columns),
        grid_names(options.rows, options.columns, "row", "column"),
        options.columns,
    )
    way = latents.round_trip(first, second, options.frames)
    frames = generator.pixels.to_uint8(generator(way))
    paths = [os.path.join(folder, name) for name in ANIMATIONS]
    for path in paths:
        write_animation(path, frames, options.frame_milliseconds)
    print(f"Grid: {sheet}, animation: {', '.join(paths)}")

"""`--mode=sample`: pictures of chosen codes."""

import io
import os

import numpy as np
import tensorflow as tf

from sdgan_tf.config import Config
from sdgan_tf.images import contact_sheet, write_png
from sdgan_tf.latents import LatentSpace
from sdgan_tf.runs import Run


def read_codes(path: str, latents: LatentSpace) -> tuple:
    """Reads `z_i` `[n, d_i]` and `z_o` `[n, d_o]`, float32, from an npz.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no npz or its arrays are not of these shapes.
    """
    if not tf.io.gfile.exists(path):
        raise FileNotFoundError(f"No codes file. Received: codes={path!r}")
    with tf.io.gfile.GFile(path, "rb") as file:
        data = file.read()
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            z_i, z_o = (
                np.asarray(arrays[n], "float32") for n in ("z_i", "z_o")
            )
    # numpy raises many kinds for a file that is not an npz of numbers.
    except Exception as error:
        raise ValueError(
            "`codes` must be an npz with the arrays `z_i` and `z_o` "
            f"({error}). Received: codes={path!r}"
        ) from error
    wanted = (len(z_i), latents.d_i), (len(z_i), latents.d_o)
    if (z_i.shape, z_o.shape) != wanted or not len(z_i):
        raise ValueError(
            f"`codes` must hold z_i [n, {latents.d_i}] and "
            f"z_o [n, {latents.d_o}]. Received: z_i.shape={z_i.shape}, "
            f"z_o.shape={z_o.shape}"
        )
    if not (np.isfinite(z_i).all() and np.isfinite(z_o).all()):
        raise ValueError(
            f"`codes` holds numbers that are not finite. Received: {path!r}"
        )
    return z_i, z_o


def sample(config: Config) -> None:
    """Writes a grid, its single pictures and `samples.npz`.

    Rows of the grid share z_i and columns share z_o; a codes file gives
    exactly its codes instead, one picture each.
    """
    if not config.run_dir:
        raise ValueError("--run_dir is missing: the folder of a trained run.")
    options = config.sampling
    run = Run(config.run_dir)
    generator = run.generator()
    latents = generator.latents
    if options.codes:
        z_i, z_o = read_codes(options.codes, latents)
        z = np.concatenate([z_i, z_o], axis=1)
        names = [f"{n:05d}" for n in range(len(z))]
        columns = 1
    else:
        rows, columns = options.num_identities, options.num_observations
        z = latents.grid(
            *latents.codes(config.experiment.seed, rows, columns)
        ).numpy()
        names = [
            f"identity{i:04d}_observation{o:04d}"
            for i in range(rows)
            for o in range(columns)
        ]
    images = generator.pixels.to_uint8(generator(z))
    folder = options.output_dir or run.path("generated")
    tf.io.gfile.makedirs(folder)
    for name, image in zip(names, images, strict=True):
        write_png(os.path.join(folder, f"{name}.png"), image)
    sheet = os.path.join(folder, "grid.png")
    write_png(sheet, contact_sheet(images, columns))
    buffer = io.BytesIO()
    np.savez(
        buffer,
        images=images,
        z_i=z[:, : latents.d_i],
        z_o=z[:, latents.d_i :],
    )
    with tf.io.gfile.GFile(os.path.join(folder, "samples.npz"), "wb") as file:
        file.write(buffer.getvalue())
    print(f"{len(images)} pictures of step {generator.step}, grid: {sheet}")

"""Draws the pictures of docs/gallery.md.

    python -m benchmarks.docs_gallery --output_dir=docs/gallery

For each generator: a grid, a walk between two people or products, and the rows
that FaceNet finds least alike (with requirements-faces.txt). For faces, also
the codes that it finds for pictures of another generator. All pictures are
generated.
"""

import os
import sys

import numpy as np
from absl import app, flags
from PIL import Image

import sdgan_tf
from sdgan_tf.evaluation.verifiers import FACENET, open_verifier
from sdgan_tf.generators import Generator
from sdgan_tf.images import contact_sheet

OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", "docs/gallery", "Folder for the pictures."
)
GENERATORS = flags.DEFINE_list(
    "generators",
    ["pretrained/celeba50k_sd_projected"],
    "Folders of generators of faces, separated by commas.",
)
OTHER = flags.DEFINE_string(
    "other",
    "pretrained/celeba10k_sd_dcgan",
    "Generator whose pictures the others reconstruct.",
)
ROWS = flags.DEFINE_integer("rows", 6, "Identities in a grid.", 1)
COLUMNS = flags.DEFINE_integer("columns", 8, "Observations in a grid.", 1)
SEED = flags.DEFINE_integer("seed", 3, "Seed of the codes.")
CANDIDATES = flags.DEFINE_integer(
    "candidates", 64, "Identities among which to find the weakest.", 1
)
QUALITY = 88  # Of JPEG.


def walk(generator: Generator, rows: int, columns: int) -> np.ndarray:
    """A grid from one identity to another, under observations that change."""
    z_i, z_o = generator.codes(2, 2, SEED.value)
    return generator.interpolate(z_i, z_o, rows, columns)


def weakest(generator: Generator, rows: int, columns: int) -> np.ndarray:
    """The identities whose pictures FaceNet finds least alike."""
    images = generator.sample(CANDIDATES.value, columns, SEED.value)
    flat = images.reshape(-1, *images.shape[2:])
    embedded = np.asarray(open_verifier(FACENET)(flat))
    embedded = embedded.reshape(len(images), columns, -1)
    spread = np.linalg.norm(
        embedded - embedded.mean(axis=1, keepdims=True), axis=2
    )
    return images[np.argsort(-spread.mean(axis=1), kind="stable")[:rows]]


def found_again(
    generator: Generator, other: Generator, rows: int, columns: int
) -> np.ndarray:
    """Pictures of another generator, and the people found for them.

    Each row is a picture of `other`, the nearest picture of `generator`, and
    that picture's identity in observations of its own.
    """
    wanted = other.sample(rows, 1, SEED.value)[:, 0]
    estimate = generator.estimate(wanted, seed=SEED.value)
    _, z_o = generator.codes(1, columns - 2, SEED.value)
    others = generator.generate(
        np.repeat(estimate.z_i, len(z_o), axis=0), np.tile(z_o, (rows, 1))
    ).reshape(rows, len(z_o), *wanted.shape[1:])
    return np.concatenate(
        [wanted[:, None], estimate.images[:, None], others], 1
    )


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        sys.exit(f"gallery: not a flag: {argv[1]}")
    os.makedirs(OUTPUT_DIR.value, exist_ok=True)
    other = sdgan_tf.load(OTHER.value)
    size = ROWS.value, COLUMNS.value
    for folder in GENERATORS.value:
        generator = sdgan_tf.load(folder)
        grids = {
            "grid": generator.sample(*size, SEED.value),
            "walk": walk(generator, *size),
            "weakest": weakest(generator, *size),
        }
        if other.image_size == generator.image_size:
            grids["found"] = found_again(generator, other, *size)
        name = os.path.basename(os.path.normpath(folder))
        for kind, images in grids.items():
            flat = images.reshape(-1, *images.shape[2:])
            path = os.path.join(OUTPUT_DIR.value, f"{name}-{kind}.jpg")
            sheet = Image.fromarray(contact_sheet(flat, images.shape[1]))
            sheet.save(path, quality=QUALITY)
            print(path)


if __name__ == "__main__":
    app.run(main)

"""A user's own photographs, found and prepared as those of a data set."""

import logging
import os
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from data_pipeline.build import listing
from data_pipeline.records import pictures


def find_photographs(images: str) -> list[str]:
    """Paths of a photograph, of a folder's, or of those of a glob, sorted.

    Raises:
        FileNotFoundError: If there are none.
    """
    gfile = tf.io.gfile
    if gfile.isdir(images):
        names, _ = listing.scan(images)
        notes = listing.Notes()
        taken = listing.pictures_in(images, names, notes)
        for line in notes.report(len(taken)):
            logging.warning("%s: %s", images, line)
        found = [os.path.join(images, name) for name in taken]
    elif gfile.exists(images):
        found = [images]
    else:
        wants_hidden = listing.is_hidden(os.path.basename(images))
        found = [
            path
            for path in gfile.glob(images)
            if wants_hidden or not listing.is_hidden(os.path.basename(path))
        ]
    if not found:
        raise FileNotFoundError(
            "No photographs: `images` must be a file, a folder with "
            f"{', '.join(pictures.FORMATS)} files, or a glob. "
            f"Received: images={images!r}"
        )
    return sorted(found)


def read_photographs(
    paths: Sequence[str], image_size: int, crop: str
) -> np.ndarray:
    """Photographs as `data_pipeline.build_records` prepares them.

    Args:
        paths: Pictures of `pictures.FORMATS`.
        image_size: Side of the result in pixels.
        crop: See `pictures.parse_crop`.

    Returns:
        uint8 `[n, image_size, image_size, 3]`.

    Raises:
        ValueError: If a file is no usable picture, shows no face where one is
            wanted, or for a bad crop.
        FileNotFoundError: If what the crop needs is not installed.
    """
    pictures.prepare_crop(crop)
    read = []
    for path in paths:
        with tf.io.gfile.GFile(path, "rb") as file:
            data = file.read()
        try:
            picture = pictures.square(pictures.decode(data), crop, image_size)
        except pictures.BadPicture as error:
            raise ValueError(
                f"A photograph cannot be used: {error}. Received: {path!r}"
            ) from error
        read.append(np.asarray(picture))
    return np.stack(read)

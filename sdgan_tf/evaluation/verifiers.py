"""Verifiers: pictures to embeddings in which equal identities lie near."""

import hashlib
from collections.abc import Callable
from typing import Protocol

import numpy as np
import tensorflow as tf

from data_pipeline.records import DataSet
from sdgan_tf.evaluation import facenet, trained_verifier

FACENET = "facenet"
# uint8 `[n, h, w, 3]` to float32 `[n, size]`.
Embed = Callable[[np.ndarray], np.ndarray]


class Verifier(Protocol):
    """The interface of a verifier.

    Attributes:
        name: For the report.
        file_hash: SHA-256 of the weights, hexadecimal.
        size: Numbers in an embedding.
        resize: How pictures are resized before, such as "bilinear160"; "" if
            they are not.
        image_size: Side of the pictures that it knows; None if it takes any.
    """

    name: str
    file_hash: str
    size: int
    resize: str
    image_size: int | None

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """uint8 `[n, h, w, 3]` to float32 `[n, size]`."""

    def embed_pixels(self, pixels) -> tf.Tensor:
        """The same of float32 pixels in [0, 255], with gradients."""


def open_verifier(name: str, data: DataSet | None = None) -> Verifier:
    """The verifier called `name`, if it is one for this data set.

    Args:
        name: "facenet" or the folder of a trained verifier.
        data: The data set that is evaluated on; None where nothing is.

    Raises:
        FileNotFoundError: If it is not there.
        ValueError: If it is of another data set, or damaged.
    """
    if name == FACENET:
        return facenet.FaceNet(facenet.facenet_path())
    return trained_verifier.TrainedVerifier(name, data)


class CachedVerifier:
    """A verifier that embeds each distinct picture once.

    Pictures are told apart by a hash of their content. For photographs, which
    come again; generated pictures never do.

    Args:
        verifier: What it asks.
    """

    def __init__(self, verifier: Verifier):
        self.verifier = verifier
        self._known: dict[bytes, np.ndarray] = {}

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """uint8 `[n, h, w, 3]` to float32 `[n, size]`."""
        keys = [hashlib.sha256(image.tobytes()).digest() for image in images]
        new = {
            key: place
            for place, key in enumerate(keys)
            if key not in self._known
        }
        if new:
            embeddings = self.verifier(images[list(new.values())])
            self._known.update(zip(new, embeddings, strict=True))
        return np.stack([self._known[key] for key in keys])

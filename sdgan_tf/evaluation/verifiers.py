"""Verifiers: pictures to embeddings in which equal identities lie near."""

import hashlib
from collections.abc import Callable
from typing import Protocol

import numpy as np
import tensorflow as tf

from data_pipeline.records import DataSet
from sdgan_tf.evaluation import facenet, trained_verifier
from sdgan_tf.evaluation.kept_embeddings import KeptEmbeddings

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
        precision: Of its network, as its embeddings depend on it a little.
    """

    name: str
    file_hash: str
    size: int
    resize: str
    image_size: int | None
    precision: str

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

    Pictures are told apart by a hash of their pixels.

    Args:
        verifier: What it asks.
        kept: Embeddings of earlier evaluations, to which new ones are added;
            None keeps none.
    """

    def __init__(self, verifier: Verifier, kept: KeptEmbeddings | None = None):
        self.verifier, self.kept = verifier, kept
        self._known = kept.read() if kept else {}
        self._new: dict[bytes, np.ndarray] = {}

    def __len__(self) -> int:
        """Pictures whose embeddings are known."""
        return len(self._known)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """uint8 `[n, h, w, 3]` to float32 `[n, size]`."""
        # Pixels of other shapes may be the same bytes.
        shape = str(images.shape[1:]).encode()
        keys = [
            hashlib.sha256(shape + image.tobytes()).digest() for image in images
        ]
        new = {
            key: place
            for place, key in enumerate(keys)
            if key not in self._known
        }
        if new:
            embeddings = self.verifier(images[list(new.values())])
            found = dict(zip(new, embeddings, strict=True))
            self._known |= found
            if self.kept:
                self._new |= found
        return np.stack([self._known[key] for key in keys])

    def keep(self) -> None:
        """Adds what is new to the embeddings that are kept, if they are."""
        if self._new and self.kept:
            self.kept.add(self._new)
            self._new = {}

"""The training identities as templates, embedded once for a data set.

    DATA_DIR/galleries/VERIFIER-HASH.npz    hashes, templates, data_build_id

A gallery is what a face recognition system holds of the people it knows. This
one is kept beside the data set, as the photographs of a large one take minutes
to embed; another build of the data set, or other weights of the verifier, make
a new one. Where the folder cannot be written, a warning says so and the
gallery is made again by the next evaluation.
"""

import dataclasses
import io
import logging
import os

import numpy as np
import tensorflow as tf

from data_pipeline.records import DataSet
from sdgan_tf.evaluation.distributions import nearest
from sdgan_tf.evaluation.photograph_pairs import Photographs
from sdgan_tf.evaluation.uniqueness_and_novelty import templates
from sdgan_tf.evaluation.verifiers import Verifier
from sdgan_tf.progress import Progress

FOLDER = "galleries"
# Photographs that are embedded: of a larger data set equally many of each
# identity, its first ones.
MAX_PHOTOGRAPHS = 50_000
READ_AT_ONCE = 1024
LINE_SECONDS = 10.0
NEAREST_AT_ONCE = 1024  # Identities whose distances are held at once.


@dataclasses.dataclass(frozen=True)
class NearestIdentities:
    """The training identities that are nearest to some pictures.

    Attributes:
        rows: Of the gallery, and so of the split train, int `[n]`.
        distances: Of the pictures' embeddings to the templates, `[n]`.
    """

    rows: np.ndarray
    distances: np.ndarray


@dataclasses.dataclass(frozen=True)
class Gallery:
    """Templates of the training identities.

    Attributes:
        hashes: Identity hashes `[n]`, in the order of the split train.
        templates: Means of embeddings, of unit norm, float32 `[n, size]`.
    """

    hashes: np.ndarray
    templates: np.ndarray

    @classmethod
    def open(cls, data: DataSet, verifier: Verifier) -> "Gallery":
        """Reads the gallery of a data set, or makes and keeps it."""
        path = _path(data, verifier)
        photographs = Photographs.open(data, "train")
        kept = _read(path, data, photographs)
        if kept is not None:
            return cls(photographs.hashes, kept)
        made = _embed(photographs, verifier)
        _write(path, data, photographs.hashes, made)
        return cls(photographs.hashes, made)

    def nearest(self, embeddings: np.ndarray) -> NearestIdentities:
        """The nearest training identity of each embedding `[n, size]`."""
        parts = [
            nearest(embeddings[start : start + NEAREST_AT_ONCE], self.templates)
            for start in range(0, len(embeddings), NEAREST_AT_ONCE)
        ]
        return NearestIdentities(*map(np.concatenate, zip(*parts, strict=True)))


def _path(data: DataSet, verifier: Verifier) -> str:
    name = f"{verifier.name}-{verifier.precision}-{verifier.file_hash[:12]}.npz"
    return os.path.join(data.folder, FOLDER, name)


def photographs_of_each(counts: np.ndarray, most: int) -> np.ndarray:
    """How many photographs of each identity are embedded.

    All, or where these are more than `most` equally many of each: as many as
    keep to it, and at least one.

    Args:
        counts: Photographs of each, `[identities]`.
        most: Of all of them.
    """
    limit = int(counts.max())
    while limit > 1 and int(np.minimum(counts, limit).sum()) > most:
        limit -= 1
    return np.minimum(counts, limit)


def _embed(photographs: Photographs, verifier: Verifier) -> np.ndarray:
    counts = photographs_of_each(photographs.counts, MAX_PHOTOGRAPHS)
    starts = np.cumsum(photographs.counts) - photographs.counts
    firsts = np.cumsum(counts) - counts
    total = int(counts.sum())
    positions = np.arange(total) + np.repeat(starts - firsts, counts)
    progress = Progress(
        "training photographs", total, line_seconds=LINE_SECONDS
    )
    parts = []
    for start in range(0, total, READ_AT_ONCE):
        images = photographs.read(positions[start : start + READ_AT_ONCE])
        parts.append(verifier(images))
        progress.logged(min(start + READ_AT_ONCE, total))
    return templates(np.concatenate(parts), counts)


def _read(
    path: str, data: DataSet, photographs: Photographs
) -> np.ndarray | None:
    """The templates that were kept of this build, if there are any."""
    if not tf.io.gfile.exists(path):
        return None
    try:
        with tf.io.gfile.GFile(path, "rb") as file:
            held = io.BytesIO(file.read())
        with np.load(held, allow_pickle=False) as arrays:
            build_id = str(arrays["data_build_id"])
            hashes, kept = arrays["hashes"], arrays["templates"]
    # numpy and zipfile raise many kinds for a damaged npz.
    except Exception as error:
        logging.warning(
            "%s is damaged and is computed again (%r).", path, error
        )
        return None
    if build_id != data.build_id or not np.array_equal(
        hashes, photographs.hashes
    ):
        return None
    return kept


def _write(path: str, data: DataSet, hashes, made: np.ndarray) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, data_build_id=data.build_id, hashes=hashes, templates=made)
    # Of evaluations that end at once each has a file of its own.
    part = f"{path}.{os.getpid()}.part"
    try:
        tf.io.gfile.makedirs(os.path.dirname(path))
        with tf.io.gfile.GFile(part, "wb") as file:
            file.write(buffer.getvalue())
        tf.io.gfile.rename(part, path, overwrite=True)
    except (OSError, tf.errors.OpError) as error:
        logging.warning(
            "The embedded training identities cannot be stored beside "
            "the data set (%s): the next evaluation embeds their "
            "photographs again.",
            " ".join(str(error).split()),
        )

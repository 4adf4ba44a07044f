"""A verifier that was trained on a data set: weights and a JSON card."""

import hashlib
import json
import os

import keras
import numpy as np
import tensorflow as tf

from data_pipeline.records import MAX_SIDE, DataSet
from sdgan_tf.checkpoints import DAMAGED
from sdgan_tf.evaluation.batches import in_batches
from sdgan_tf.models.embedding_network import EmbeddingNetwork

WEIGHTS, CARD = "verifier.weights.h5", "verifier.json"
BATCH_SIZE = 64
# Images enter as x / 127.5 - 1, whatever the generator's mapping.
SCALE = 127.5


def file_hash(path: str) -> str:
    """SHA-256 of a file, hexadecimal."""
    with tf.io.gfile.GFile(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def save(folder: str, network: EmbeddingNetwork, card: dict) -> None:
    """Writes a verifier; the card is written last.

    Args:
        folder: Made if it is not there.
        network: Built.
        card: What is known of it; `data_build_id` and `image_size` must be
            among it.
    """
    tf.io.gfile.makedirs(folder)
    weights = os.path.join(folder, WEIGHTS)
    network.save_weights(weights)
    card = card | {
        "network": {"width": network.width, "size": network.size},
        "weights_sha256": file_hash(weights),
    }
    with tf.io.gfile.GFile(os.path.join(folder, CARD), "w") as file:
        file.write(json.dumps(card, indent=2) + "\n")


def _read_card(path: str) -> dict:
    """The card, if what is needed of it is there and of its kind.

    Raises:
        ValueError: If it is not.
    """
    with tf.io.gfile.GFile(path, "rb") as file:
        text = file.read()
    try:
        card = json.loads(text)
        network = card["network"]
        if set(network) != {"width", "size"}:
            raise ValueError(f"`network` has {sorted(network)}")
        for name in ("data_build_id", "weights_sha256"):
            if type(card[name]) is not str:
                raise ValueError(f"`{name}` must be a text, not {card[name]!r}")
        sizes = {"image_size": card["image_size"], **network}
        for name, value in sizes.items():
            if type(value) is not int or not 1 <= value <= MAX_SIDE:
                raise ValueError(
                    f"`{name}` must be in [1, {MAX_SIDE}], not {value!r}"
                )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            f"`{path}` is not the card of a verifier ({error!r}). Train the "
            "verifier again."
        ) from error
    return card


class TrainedVerifier:
    """Embeds the pictures of the data set that it was trained on.

    Args:
        folder: What `save` wrote.
        data: The data set that is evaluated on; None where nothing is.

    Raises:
        FileNotFoundError: If there is no verifier.
        ValueError: If it is of another data set or damaged.
    """

    def __init__(self, folder: str, data: DataSet | None):
        path = os.path.join(folder, CARD)
        if not tf.io.gfile.exists(path):
            raise FileNotFoundError(
                "`verifier` must be facenet or the folder of a trained "
                f"verifier, with `{CARD}`. "
                f"Received: verifier={folder!r}"
            )
        card = _read_card(path)
        if data is not None and card["data_build_id"] != data.build_id:
            raise ValueError(
                "The verifier is of another data set: it may know the test "
                "identities. Train one on this data set. Received: "
                f"verifier={folder!r} of {card['data_build_id']}, "
                f"data_dir={data.folder!r} of {data.build_id}"
            )
        weights = os.path.join(folder, WEIGHTS)
        self.name = os.path.basename(os.path.normpath(folder))
        self.file_hash = file_hash(weights)
        # The last kernel alone: a network that is wider than its weights
        # might fill the memory.
        wide = 8 * card["network"]["width"]
        least = 4 * 9 * wide**2
        if (
            self.file_hash != card["weights_sha256"]
            or tf.io.gfile.stat(weights).length < least
        ):
            raise ValueError(
                f"`{WEIGHTS}` is not the file that `{CARD}` names: one of them "
                "was replaced. Train the verifier again. Received: "
                f"verifier={folder!r}"
            )
        self.size = card["network"]["size"]
        self.resize, self.precision = "", "float32"
        self.image_size = card["image_size"]
        network = EmbeddingNetwork(**card["network"])
        # Its weights are the same for pictures of any size.
        network(tf.zeros([1, 1, 1, 3]))
        try:
            network.load_weights(weights)
        except DAMAGED as error:
            raise ValueError(
                f"`{weights}` does not fit the network of `{CARD}`: "
                f"{str(error).splitlines()[0]}. Train the verifier again."
            ) from error
        self.embed_pixels = pixel_embedder(network)
        self._embed = embedder(network)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """uint8 `[n, h, w, 3]` to float32 `[n, size]` of unit norm."""
        return self._embed(images)


def pixel_embedder(network: keras.Model):
    """A function of float32 pixels in [0, 255], with gradients."""
    return lambda pixels: network(pixels / SCALE - 1.0, training=False)


def embedder(network: EmbeddingNetwork):
    """A function of uint8 images `[n, h, w, 3]`, a batch at a time."""
    return in_batches(pixel_embedder(network), network.size, BATCH_SIZE)

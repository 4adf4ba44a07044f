"""Trains a verifier: an embedding of the real training identities.

For shoes, objects and characters, where the paper has no verifier.
"""

import logging
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from data_pipeline.records import DataSet
from data_pipeline.tuples.identity_tuples import IdentityTuples
from sdgan_tf.augmentation import translated
from sdgan_tf.evaluation import trained_verifier
from sdgan_tf.evaluation.measured_pairs import embed_photographs
from sdgan_tf.evaluation.photograph_pairs import (
    Photographs,
    check_splits_are_disjoint,
)
from sdgan_tf.evaluation.verification import Verification, distances
from sdgan_tf.models.embedding_network import EmbeddingNetwork
from sdgan_tf.progress import Progress

# CosFace's scale and margin; the margin is smaller than for faces, where
# identities have hundreds of photographs.
SCALE, MARGIN = 30.0, 0.2
LEARNING_RATE = 1e-3
TUPLES = 32  # Identities in a batch, two photographs each.
SHIFT = 8  # Photographs are moved by up to 1 / SHIFT of their side.
CHECKS = 10  # Times that the validation identities are looked at.
BARELY = 0.7  # An AUC below which the verifier is of little use.


def margin_softmax_loss(cosines, labels, scale=SCALE, margin=MARGIN):
    """Cosine-margin softmax, the mean over the images.

    Args:
        cosines: Of embeddings and class centres, `[n, classes]`.
        labels: Classes, int `[n]`.
        scale: Factor of the logits.
        margin: Taken from the cosine of the right class.

    Source: Wang et al. 2018 (CosFace), arXiv 1801.09414.
    """
    right = tf.one_hot(labels, tf.shape(cosines)[1])
    return tf.reduce_mean(
        tf.nn.softmax_cross_entropy_with_logits(
            right, scale * (cosines - margin * right)
        )
    )


def shifted(images, key) -> tf.Tensor:
    """Moves each image `[n, h, w, c]` by a few pixels, edges repeated.

    Mirroring would make another character, or the other shoe.
    """
    n, reach = images.shape[0], images.shape[1] // SHIFT
    moves = tf.random.stateless_uniform(
        [n, 2], key, -reach, reach + 1, tf.int32
    )
    return translated(images, moves)


class EmbeddingTraining:
    """Network, class centres and one compiled step.

    Args:
        hashes: Identity hashes of the classes.
        width: Of the network.
        image_size: Side of the images.
        steps: Of the whole training, for the learning rate.
        seed: Of weights and shifts.
    """

    def __init__(self, hashes: np.ndarray, width, image_size, steps, seed):
        keras.utils.set_random_seed(seed)
        self.seed = seed
        self.hashes = tf.constant(np.sort(hashes))
        self.network = EmbeddingNetwork(width)
        self.network(tf.zeros([1, image_size, image_size, 3]))
        self.centres = keras.Variable(
            keras.random.normal([self.network.size, len(hashes)], seed=seed)
        )
        self.weights = [*self.network.trainable_variables, self.centres]
        self.optimizer = keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
        )
        self.optimizer.build(self.weights)

    @tf.function
    def step(self, batch, step) -> tf.Tensor:
        """Moves the weights by one batch of tuples; returns the loss."""
        images = batch["images"]
        k = images.shape[1]
        labels = tf.searchsorted(self.hashes, batch["identity"])
        images = tf.reshape(images, [-1, *images.shape[2:]])
        key = tf.stack([tf.constant(self.seed, tf.int64), step])
        images = shifted(images, key)
        x = tf.cast(images, tf.float32) / trained_verifier.SCALE - 1.0
        with tf.GradientTape() as tape:
            embeddings = self.network(x, training=True)
            centres = tf.math.l2_normalize(self.centres.value, axis=0)
            loss = margin_softmax_loss(
                embeddings @ centres, tf.repeat(labels, k)
            )
        gradients = tape.gradient(loss, [w.value for w in self.weights])
        self.optimizer.apply(gradients, self.weights)
        return loss


def train_verifier(
    data_dir: str,
    verifier: str,
    *,
    verifier_steps: int = 2000,
    verifier_width: int = 32,
    num_pairs: int = 10_000,
    seed: int = 0,
    cache_bytes: float = 8e9,
) -> dict:
    """Trains a verifier and keeps the best on validation identities.

    Args:
        data_dir: A built data set; the split train is trained on.
        verifier: The folder to write to.
        verifier_steps: Training steps.
        verifier_width: Channels of the network's first stage.
        num_pairs: Pairs of the split valid, half of them matched.
        seed: Of weights, batches and pairs.
        cache_bytes: Decoded data up to this size is held in memory.

    Returns:
        The card of the verifier that is kept.

    Raises:
        FileExistsError: If `verifier` holds a verifier already.
        FileNotFoundError: If there is no data set.
        ValueError: If a split has too few photographs.
    """
    if tf.io.gfile.exists(f"{verifier}/{trained_verifier.CARD}"):
        raise FileExistsError(
            "`verifier` already holds a verifier: choose another folder. "
            f"Received: verifier={verifier!r}"
        )
    data = DataSet.open(data_dir)
    check_splits_are_disjoint(data)
    tuples = IdentityTuples.open(data, "train", 2, seed)
    classes = Photographs.open(data, "train")
    usable = classes.hashes[classes.counts >= 2]
    valid = Photographs.open(data, "valid")
    pairs = valid.pairs(num_pairs, seed)
    training = EmbeddingTraining(
        usable, verifier_width, data.image_size, verifier_steps, seed
    )
    embed = trained_verifier.embedder(training.network)
    card: dict[str, Any] = {
        "data_build_id": data.build_id,
        "image_size": data.image_size,
        "training_identities": len(usable),
        "validation_identities": pairs.num_identities,
        "validation_pairs": num_pairs,
        "validation_auc": -1.0,
        "loss": f"cosine margin softmax, scale {SCALE}, margin {MARGIN}",
        "steps": verifier_steps,
        "seed": seed,
    }
    every = max(1, verifier_steps // CHECKS)
    batches = tuples.batches(TUPLES, cache_bytes=cache_bytes)
    progress = Progress("step", verifier_steps)
    for step, batch in enumerate(batches.take(verifier_steps), start=1):
        loss = training.step(batch, tf.constant(step, tf.int64))
        if step % every and step != verifier_steps:
            progress.moved(step)
            continue
        checked = _check(embed_photographs(valid, pairs, embed), pairs.matched)
        auc = checked["validation_auc"]
        progress.logged(step, {"loss": float(loss), "validation_auc": auc})
        if auc > card["validation_auc"]:
            card |= checked | {"step": step}
            trained_verifier.save(verifier, training.network, card)
    if card["validation_auc"] < BARELY:
        logging.warning(
            "The verifier's AUC on validation pairs is only %.3f, so its "
            "figures for generated pairs mean little. More "
            "`verifier_steps` or more photographs may help.",
            card["validation_auc"],
        )
    return card


def _check(embeddings: np.ndarray, matched: np.ndarray) -> dict[str, float]:
    """How well pairs `[n, 2, size]` are told apart."""
    curve = Verification(
        distances(embeddings[:, 0], embeddings[:, 1]), matched
    ).curve()
    return {
        "validation_auc": float(curve.auc()[0]),
        "validation_accuracy": float(curve.best_accuracy()[0]),
    }

"""Known factors of photographs, and a small model that reads them.

A factor is a label of the records (`label_columns` of build_records) or,
where there is none, the name of the observation if it comes again with many
identities, such as COIL-100's angle and Omniglot's writer.
"""

import dataclasses
import logging
import math
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from sdgan_tf.evaluation.batches import in_batches
from sdgan_tf.evaluation.trained_verifier import SCALE, pixel_embedder
from sdgan_tf.models.embedding_network import FactorNetwork
from sdgan_tf.progress import Progress

OBSERVATION = "observation"
MAX_CLASSES = 64  # A label of more values is a number, or of no use.
# Observations that come again with so many photographs each are a factor.
PHOTOGRAPHS_PER_VALUE = 8
BATCH_SIZE, LEARNING_RATE, WIDTH = 64, 1e-3, 16
LINE_SECONDS = 10.0


@dataclasses.dataclass(frozen=True)
class Factor:
    """One property of a photograph.

    Attributes:
        name: The label's, or "observation".
        of_identity: Whether each identity has one value only.
        classes: Its values; none if it is a number.
        mean: Of a number, over the training photographs.
        deviation: Likewise; above 0.
    """

    name: str
    of_identity: bool
    classes: tuple[str, ...] = ()
    mean: float = 0.0
    deviation: float = 1.0

    @property
    def outputs(self) -> int:
        """Numbers that a model says of it."""
        return len(self.classes) or 1

    def targets(self, values: Sequence[str]) -> np.ndarray:
        """Values to `[n]`: standardised numbers, or classes with -1 for new."""
        if not self.classes:
            return (np.array(values, np.float32) - self.mean) / self.deviation
        places = {value: n for n, value in enumerate(self.classes)}
        return np.array([places.get(v, -1) for v in values], np.float32)

    def reading(self, outputs: np.ndarray, targets: np.ndarray) -> float:
        """How well it is read, at most 1; 0 is what a constant would reach.

        R^2 of a number. Of a class the accuracy, put on the same scale by
        that of the most frequent value. Values that are new do not count.

        Args:
            outputs: `[n, outputs]`: the number, or probabilities.
            targets: `[n]`, as `targets` gives them.
        """
        if not self.classes:
            spread = np.mean((targets - targets.mean()) ** 2)
            error = np.mean((outputs[:, 0] - targets) ** 2)
            return float(1.0 - error / spread) if spread else 0.0
        known = targets >= 0
        if not known.any():
            return 0.0
        accuracy = np.mean(outputs[known].argmax(axis=1) == targets[known])
        _, counts = np.unique(targets[known], return_counts=True)
        chance = counts.max() / counts.sum()
        if chance == 1.0:
            return 0.0
        return float((accuracy - chance) / (1.0 - chance))


def _numbers(values: Sequence[str]) -> np.ndarray | None:
    try:
        numbers = np.array([float(value) for value in values])
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def _factor(name, values: Sequence[str], of_identity: bool) -> Factor | None:
    distinct = sorted(set(values))
    if len(distinct) < 2:
        return None
    if len(distinct) <= MAX_CLASSES:
        return Factor(name, of_identity, tuple(distinct))
    numbers = _numbers(values)
    if numbers is None:
        logging.warning(
            "The label %r is left out: its %d values are not numbers, "
            "and they are more than the %d that can be classes.",
            name,
            len(distinct),
            MAX_CLASSES,
        )
        return None
    return Factor(
        name,
        of_identity,
        mean=float(numbers.mean()),
        deviation=float(numbers.std()),
    )


def find_factors(
    labels: Sequence[dict[str, str]], identities: np.ndarray
) -> list[Factor]:
    """The factors of labelled photographs.

    Args:
        labels: Of each photograph, by name; "observation" is among them.
        identities: Identity hash of each photograph, `[n]`.
    """
    names = sorted(set(labels[0]) - {OBSERVATION})
    if not names:
        distinct = {label[OBSERVATION] for label in labels}
        few = min(MAX_CLASSES, len(labels) // PHOTOGRAPHS_PER_VALUE)
        names = [OBSERVATION] if len(distinct) <= few else []
    found = []
    for name in names:
        values = [label[name] for label in labels]
        pairs = set(zip(identities.tolist(), values, strict=True))
        of_identity = len(pairs) == len(np.unique(identities))
        found.append(_factor(name, values, of_identity))
    return [factor for factor in found if factor]


class FactorModel:
    """Reads factors from pictures.

    Args:
        factors: What to read; at least one.
        image_size: Side of the pictures.
        seed: Of the weights and batches.
    """

    def __init__(self, factors: Sequence[Factor], image_size: int, seed: int):
        keras.utils.set_random_seed(seed)
        self.factors, self.seed = tuple(factors), seed
        sizes = [factor.outputs for factor in factors]
        self.network = FactorNetwork(WIDTH, sum(sizes))
        self.network(tf.zeros([1, image_size, image_size, 3]))
        self._ends = np.cumsum(sizes)[:-1]
        self._sizes = sizes
        self._read = in_batches(
            pixel_embedder(self.network), sum(sizes), BATCH_SIZE
        )

    def fit(self, images: np.ndarray, labels, steps: int) -> None:
        """Trains on uint8 photographs `[n, h, w, 3]` and their labels."""
        targets = np.stack(
            [f.targets([label[f.name] for label in labels])
             for f in self.factors],
            axis=1,
        )  # fmt: skip
        optimizer = keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
        )
        optimizer.build(self.network.trainable_variables)
        weights = [v.value for v in self.network.trainable_variables]

        @tf.function(reduce_retracing=True)
        def step(x, y):
            with tf.GradientTape() as tape:
                outputs = self.network(
                    tf.cast(x, tf.float32) / SCALE - 1.0, training=True
                )
                loss = self._loss(outputs, y)
            gradients = tape.gradient(loss, weights)
            optimizer.apply(gradients, self.network.trainable_variables)
            return loss

        rng = np.random.default_rng(self.seed)
        progress = Progress("factor model", steps, line_seconds=LINE_SECONDS)
        for done in range(1, steps + 1):
            rows = rng.integers(0, len(images), BATCH_SIZE)
            loss = step(tf.constant(images[rows]), tf.constant(targets[rows]))
            progress.logged(done, {"loss": float(loss)})

    def _loss(self, outputs, targets) -> tf.Tensor:
        """The mean over the factors; a constant guess costs about 1 each."""
        losses = []
        parts = tf.split(outputs, self._sizes, axis=1)
        for number, (factor, part) in enumerate(
            zip(self.factors, parts, strict=True)
        ):
            target = targets[:, number]
            if factor.classes:
                labels = tf.cast(target, tf.int32)
                entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(
                    labels, part
                )
                loss = tf.reduce_mean(entropy) / math.log(len(factor.classes))
            else:
                loss = tf.reduce_mean((part[:, 0] - target) ** 2)
            losses.append(loss)
        return tf.add_n(losses) / len(losses)

    def __call__(self, images: np.ndarray) -> list[np.ndarray]:
        """Reads each factor, `[n, outputs]`: see `Factor.reading`.

        Args:
            images: uint8 `[n, h, w, 3]`.
        """
        outputs = self._read(images)
        return [
            tf.nn.softmax(part).numpy() if factor.classes else part
            for factor, part in zip(
                self.factors,
                np.split(outputs, self._ends, axis=1),
                strict=True,
            )
        ]

    def readings(self, images: np.ndarray, labels) -> list[float]:
        """How well each factor is read from labelled photographs."""
        return [
            factor.reading(
                outputs,
                factor.targets([label[factor.name] for label in labels]),
            )
            for factor, outputs in zip(self.factors, self(images), strict=True)
        ]

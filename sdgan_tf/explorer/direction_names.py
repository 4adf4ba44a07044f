"""Names of directions: which labels of the photographs change along them."""

import dataclasses

import numpy as np
import tensorflow as tf

from data_pipeline.records import DataSet
from sdgan_tf.evaluation.factor_model import Factor, find_factors
from sdgan_tf.evaluation.photograph_pairs import Photographs
from sdgan_tf.runs import TRAINING, Run, read_object

# Labelled photographs, the side that they are looked at in, and the ridge in
# parts of the mean diagonal.
PHOTOGRAPHS, SIDE, RIDGE = 3000, 8, 0.01
# Labels that are read so well (R^2, or its like of classes) can name, and
# along a direction one must change by so many standard deviations.
LEAST_READING, LEAST_CHANGE = 0.3, 0.3


@dataclasses.dataclass(frozen=True)
class LabelReader:
    """A linear reading of labels from coarse pixels.

    Attributes:
        factors: What is read, all of it well.
        weights: Of each, float32 `[SIDE * SIDE * 3, outputs]`, to standard
            deviations of a number or of a class's indicator.
    """

    factors: tuple[Factor, ...]
    weights: tuple[np.ndarray, ...]

    def name(self, pixels: np.ndarray) -> str:
        """Names a change of pixels by the label that changes most.

        Args:
            pixels: The change, in [-1, 1] units, `[h, w, 3]`.

        Returns:
            The label, with the value that becomes likelier where it is a
            class; "" where none changes much.
        """
        coarse = _coarse(pixels[None])[0]
        best, found = LEAST_CHANGE, ""
        for factor, weights in zip(self.factors, self.weights, strict=True):
            changes = coarse @ weights
            # A number may fall; of classes one becomes likelier.
            change = changes.max() if factor.classes else abs(changes[0])
            if change >= best:
                best, found = change, factor.name
                if factor.classes:
                    found += f": {factor.classes[changes.argmax()]}"
        return found

    @classmethod
    def fit(cls, images: np.ndarray, labels, factors) -> "LabelReader":
        """Fits it to half of labelled photographs; the others test it.

        Args:
            images: uint8 `[n, h, w, 3]`.
            labels: Of each photograph, by name.
            factors: What to read.
        """
        x = _coarse(images / np.float32(127.5) - 1)
        train, test = slice(0, None, 2), slice(1, None, 2)
        mean = x[train].mean(axis=0)
        inner = (x[train] - mean).T @ (x[train] - mean)
        inner += RIDGE * np.trace(inner) / len(inner) * np.eye(len(inner))
        kept, weights = [], []
        for factor in factors:
            targets = factor.targets([label[factor.name] for label in labels])
            y = targets[:, None]
            if factor.classes:
                y = (y == np.arange(len(factor.classes))).astype("float32")
            centre = y[train].mean(axis=0)
            spread = np.maximum(y[train].std(axis=0), 1e-6)
            outer = (x[train] - mean).T @ (y[train] - centre)
            solved = np.linalg.solve(inner, outer)
            read = (x[test] - mean) @ solved + centre
            if factor.reading(read, targets[test]) >= LEAST_READING:
                kept.append(factor)
                weights.append((solved / spread).astype("float32"))
        return cls(tuple(kept), tuple(weights))


def label_reader(run: Run) -> LabelReader | None:
    """Makes a reader of the labels that a run was trained beside.

    Returns:
        None where the data set is gone, or has no labels.
    """
    try:
        data = DataSet.open(read_object(run.path(TRAINING))["data_dir"])
        photographs = Photographs.open(data, "train")
        chosen = photographs.sample(PHOTOGRAPHS, seed=0)
        images, labels = photographs.read_labelled(chosen)
    except (KeyError, TypeError, ValueError, OSError, tf.errors.OpError):
        return None
    factors = find_factors(labels, photographs.identities[chosen])
    return LabelReader.fit(images, labels, factors) if factors else None


def _coarse(images: np.ndarray) -> np.ndarray:
    """Means of squares of pixels, `[n, SIDE * SIDE * 3]`."""
    n, h, w, channels = images.shape
    parts = images.reshape(n, SIDE, h // SIDE, SIDE, w // SIDE, channels)
    return parts.mean(axis=(2, 4), dtype="float32").reshape(n, -1)

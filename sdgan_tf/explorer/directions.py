"""Directions of a generator's codes along which its pictures change most."""

import dataclasses

import numpy as np
import tensorflow as tf

from sdgan_tf.explorer.direction_names import LabelReader
from sdgan_tf.generators import Generator

# Random codes behind the regression, and directions of each of z_i and z_o.
SAMPLES, COUNT = 512, 5
IMAGES_PER_CALL = 32
DIGITS = 5
# Three standard deviations of a code along a direction, a slider's reach.
REACH = 3**0.5


@dataclasses.dataclass(frozen=True)
class Direction:
    """One principal direction of the response.

    Attributes:
        vector: A unit vector, float32 `[d_i]` or `[d_o]`.
        fraction: Of the change in pixels that is linear in the codes, that of
            both z_i and z_o, in [0, 1].
        name: Says what it changes, where that is known.
    """

    vector: np.ndarray
    fraction: float
    name: str = ""

    def to_json(self) -> dict:
        """Makes it an object for the page."""
        return {
            "vector": np.round(self.vector.astype(float), DIGITS).tolist(),
            "share": round(float(self.fraction), 3),
            "name": self.name,
        }


def principal_directions(
    generator: Generator,
    reader: LabelReader | None = None,
    count: int = COUNT,
    samples: int = SAMPLES,
) -> dict[str, list[Direction]]:
    """Finds the principal directions of a generator's response.

    A linear regression tells the pixels of random codes; the directions are
    the left singular vectors of its weights, those of z_i and those of z_o by
    themselves.

    Args:
        generator: What responds.
        reader: Names directions, if labels are known.
        count: The most directions of each.
        samples: Random codes.

    Returns:
        Directions of "identity" and of "observation", the largest first. There
        are none of an identity code that is one of a table.
    """
    latents = generator.latents
    z = latents.tuples(tf.constant([0, 1]), samples, 1)[:, 0]
    pictures = generator(z, IMAGES_PER_CALL)
    images = tf.cast(tf.reshape(pictures, [samples, -1]), tf.float32)
    images -= tf.reduce_mean(images, axis=0)
    weights = tf.linalg.lstsq(z, images, l2_regularizer=1.0)
    response = tf.matmul(weights, weights, transpose_b=True).numpy()
    # Fractions are undefined if the pictures do not change.
    total = float(np.trace(response)) or 1.0
    parts = {
        "identity": slice(0, latents.d_i),
        "observation": slice(latents.d_i, latents.d_z),
    }
    if not latents.samples_new_identities:
        parts["identity"] = slice(0, 0)
    found = {}
    for side, part in parts.items():
        largest = _largest(response[part, part], total, count)
        if reader:
            own = weights.numpy()[part].reshape(-1, *pictures.shape[1:])
            largest = [_named(each, own, reader) for each in largest]
        found[side] = largest
    return found


def _named(
    direction: Direction, weights: np.ndarray, reader: LabelReader
) -> Direction:
    """A direction named by what its slider changes; weights `[d, h, w, 3]`."""
    change = REACH * np.tensordot(direction.vector, weights, axes=1)
    return dataclasses.replace(direction, name=reader.name(change))


def _largest(response: np.ndarray, total: float, count: int) -> list[Direction]:
    """The eigenvectors of the largest eigenvalues, of a sign that is fixed."""
    values, vectors = np.linalg.eigh(response)
    found = []
    for n in range(len(values) - 1, max(-1, len(values) - 1 - count), -1):
        vector = vectors[:, n]
        vector = vector * np.sign(vector[np.abs(vector).argmax()])
        found.append(Direction(vector, max(0.0, values[n]) / total))
    return found

"""Measures what z_i and z_o each decide on a grid of their combinations.

The paper measures that z_i fixes the subject. These measure the other half of
its claim, that z_o fixes the observation, as well.
"""

import dataclasses

import numpy as np

from sdgan_tf.evaluation.verification import Verification

COARSE_SIDE = 8  # Pixels of the pictures in which light and pose are matched.


@dataclasses.dataclass(frozen=True)
class VarianceFractions:
    """Fractions of a quantity's variance over a grid; they add up to 1.

    Attributes:
        z_i: What the row alone decides.
        z_o: What the column alone decides.
        both: The rest: interaction and noise.
    """

    z_i: float
    z_o: float
    both: float


def variance_fractions(values: np.ndarray) -> VarianceFractions:
    """Splits the variance of a quantity among rows, columns and the rest.

    The components of a two-way random-effects model, estimated without bias
    and cut at 0; the fractions are the first-order Sobol indices, so each is
    the part that the best reader of that code alone could explain. A quantity
    that never changes is decided by nobody: all rest.

    Args:
        values: `[a, b, d]`, rows of one z_i, columns of one z_o, a and b at
            least 2; the variances of the d numbers are added.

    Source: Searle, Casella, McCulloch 1992, chapter 4.
    """
    values = np.asarray(values, np.float64)
    a, b, _ = values.shape
    mean = values.mean(axis=(0, 1))
    rows, columns = values.mean(axis=1), values.mean(axis=0)
    rest = values - rows[:, None] - columns[None] + mean
    noise = np.sum(rest**2) / ((a - 1) * (b - 1))
    of_rows = b * np.sum((rows - mean) ** 2) / (a - 1)
    of_columns = a * np.sum((columns - mean) ** 2) / (b - 1)
    parts = np.array(
        [
            max(of_rows - noise, 0.0) / b,
            max(of_columns - noise, 0.0) / a,
            noise,
        ]
    )
    total = parts.sum()
    if total <= 1e-12:
        return VarianceFractions(0.0, 0.0, 1.0)
    return VarianceFractions(*(parts / total).tolist())


def observation_auc(features: np.ndarray) -> float:
    """How well pictures of one z_o are told from others, whoever is seen.

    From each picture's features the mean of its row is taken, which leaves
    what the observation adds to the subject. Pairs of two subjects are then
    verified by the distance of what is left: matched pairs share the column,
    unmatched ones do not. 0.5 if z_o does nothing or something else for each
    subject, 1 if its effect is always the same.

    Args:
        features: `[a, b, d]`, rows of one z_i, columns of one z_o, a and b at
            least 2.
    """
    a, b, _ = features.shape
    left = features.astype(np.float64) - features.mean(axis=1, keepdims=True)
    first, second = np.triu_indices(a, k=1)

    def between(shift):
        moved = np.roll(left, shift, axis=1)[second]
        return np.linalg.norm(left[first] - moved, axis=-1).reshape(-1)

    # Each step around the columns in turn would add nothing but time.
    distances = np.concatenate([between(0), between(1)])
    matched = np.arange(len(distances)) < len(distances) // 2
    return float(Verification(distances, matched).curve().auc()[0])


def coarse_pixels(images: np.ndarray) -> np.ndarray:
    """Pictures as numbers in which light, background and pose are seen.

    Args:
        images: uint8 `[..., side, side, c]`, side a multiple of 8.

    Returns:
        Means over blocks, float64 `[..., 8 * 8 * c]`.
    """
    *outer, side, _, c = images.shape
    block = side // COARSE_SIDE
    blocks = images.reshape(*outer, COARSE_SIDE, block, COARSE_SIDE, block, c)
    return blocks.mean(axis=(-4, -2)).reshape(*outer, -1)

"""Groups of images that may stand together in a tuple."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from data_pipeline.tuples.random_subsets import sample_distinct


@dataclasses.dataclass(frozen=True)
class Groups:
    """Images that may stand together in a tuple, group after group.

    Attributes:
        order: Positions of the images that are in a group, int64; None if
            all are and lie in this order.
        counts: Images of each group, at least 1, int64 `[groups]`.
    """

    order: np.ndarray | None
    counts: np.ndarray

    def numbers(self, images: int) -> np.ndarray:
        """The number of each image's group, int64 `[images]`; -1 for none."""
        numbers = np.repeat(np.arange(len(self.counts)), self.counts)
        if self.order is None:
            return numbers
        of_images = np.full([images], -1, numbers.dtype)
        of_images[self.order] = numbers
        return of_images

    def sampler(self, k: int):
        """A function of (two keys, n) to positions `[n, k]` of n tuples.

        Groups are uniform, whatever their number of images, those with fewer
        than k left out; the k images are distinct.
        """
        starts = np.cumsum(self.counts) - self.counts
        enough = self.counts >= k
        # Constants would be copied into the graph; captured tensors are not.
        starts = tf.constant(starts[enough])
        counts = tf.constant(self.counts[enough])
        order = None if self.order is None else tf.constant(self.order)

        def sample(group_key, image_key, n):
            chosen = tf.random.stateless_uniform(
                [n], group_key, 0, len(starts), dtype=tf.int64
            )
            picks = sample_distinct(image_key, tf.gather(counts, chosen), k)
            positions = tf.gather(starts, chosen)[:, None] + picks
            return positions if order is None else tf.gather(order, positions)

        return sample


def group(values: list[np.ndarray]) -> Groups:
    """Groups images that agree in all of several values `[images]`.

    An image that lacks one of them, which is None, is in no group.
    """
    lacking: Any = None
    told = np.flatnonzero(
        np.all(
            [np.not_equal(v.astype(object), lacking) for v in values], axis=0
        )
    )
    keys = np.stack(
        [
            np.unique(v[told].astype(str), return_inverse=True)[1].reshape(-1)
            for v in values
        ]
    )
    _, places, counts = np.unique(
        keys, axis=1, return_inverse=True, return_counts=True
    )
    order = told[np.argsort(places.reshape(-1), kind="stable")]
    return Groups(order.astype(np.int64), counts.astype(np.int64))

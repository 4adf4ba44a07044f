"""Embeds any number of pictures, a few at a time."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf


def in_batches(embed_pixels: Callable, size: int, batch_size: int) -> Callable:
    """A function of pictures from a function of pixels, compiled.

    Args:
        embed_pixels: float32 `[n, h, w, 3]` in [0, 255] to `[n, size]`.
        size: Numbers in an embedding.
        batch_size: Pictures that it is given at once.

    Returns:
        A function of uint8 `[n, h, w, 3]`, which gives float32 `[n, size]`.
    """
    embed = tf.function(
        lambda images: embed_pixels(tf.cast(images, tf.float32)),
        reduce_retracing=True,
    )

    def call(images: np.ndarray) -> np.ndarray:
        parts = [
            embed(tf.constant(images[start : start + batch_size])).numpy()
            for start in range(0, len(images), batch_size)
        ]
        return np.concatenate([np.zeros([0, size], np.float32), *parts])

    return call

"""Differentiable augmentation: a discriminator sees only altered tuples.

Real and generated tuples are altered alike and the gradient passes through,
so that with few photographs the discriminator cannot learn them by heart and
the generator does not learn the alterations.

Source: Zhao et al. 2020, arXiv 2006.10738: colour, translation, cutout. There
each image is altered on its own; here the images of a tuple are altered alike,
since the discriminator compares them.
"""

import tensorflow as tf

NUMBERS = 7  # Random numbers that one tuple takes.
REACH = 1 / 8  # Of a translation, in sides of the image.
CUTOUT = 1 / 2  # Side of the hole, in sides of the image.


def translated(images, moves) -> tf.Tensor:
    """Moves images by whole pixels, edges repeated; differentiable.

    Args:
        images: `[n, h, w, c]`, h = w.
        moves: Pixels upwards and to the left, int32 `[n, 2]`.
    """
    side = images.shape[1]
    places = tf.clip_by_value(
        tf.range(side)[None, :, None] + moves[:, None, :], 0, side - 1
    )
    images = tf.gather(images, places[:, :, 0], axis=1, batch_dims=1)
    columns = tf.gather(
        tf.transpose(images, [0, 2, 1, 3]), places[:, :, 1], batch_dims=1
    )
    return tf.transpose(columns, [0, 2, 1, 3])


def diffaug(tuples, numbers) -> tf.Tensor:
    """Alters tuples in colour, place and by a hole.

    Args:
        tuples: `[n, k, h, w, c]` in [-1, 1], h = w.
        numbers: Random numbers on [0, 1), float32 `[n, 7]`.

    Returns:
        Same shape; colours may leave [-1, 1].
    """
    k, side = tuples.shape[1], tuples.shape[2]
    brightness, saturation, contrast = (
        numbers[:, n][:, None, None, None, None] for n in range(3)
    )
    x = tuples + (brightness - 0.5)
    grey = tf.reduce_mean(x, axis=-1, keepdims=True)
    x = (x - grey) * (2.0 * saturation) + grey
    mean = tf.reduce_mean(x, axis=[2, 3, 4], keepdims=True)
    x = (x - mean) * (contrast + 0.5) + mean
    reach = int(side * REACH)
    moves = _whole(numbers[:, 3:5], 2 * reach + 1) - reach
    x = translated(
        tf.reshape(x, [-1, *tuples.shape[2:]]), tf.repeat(moves, k, axis=0)
    )
    hole = int(side * CUTOUT)
    centres = _whole(numbers[:, 5:7], side)
    near = [
        tf.abs(tf.range(side)[None] - centres[:, n, None]) <= hole // 2
        for n in (0, 1)
    ]
    keep = ~(near[0][:, :, None] & near[1][:, None, :])
    keep = tf.cast(keep, x.dtype)[:, None, :, :, None]
    return tf.reshape(x, [-1, *tuples.shape[1:]]) * keep


def _whole(numbers, count: int) -> tf.Tensor:
    """Numbers on [0, 1) to the integers 0 to `count` - 1."""
    return tf.cast(numbers * count, tf.int32)


AUGMENTATIONS = {"none": None, "diffaug": diffaug}

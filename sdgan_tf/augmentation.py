"""Differentiable augmentation: a discriminator sees only altered tuples.

Real and generated tuples are altered alike and the gradient passes through,
so that with few photographs the discriminator cannot learn them by heart and
the generator does not learn the alterations.

Source: Zhao et al. 2020, arXiv 2006.10738: colour, translation, cutout. There
each image is altered on its own; here the images of a tuple are altered alike,
since the discriminator compares them.
"""

from keras import ops

NUMBERS = 7  # Random numbers that one tuple takes.
REACH = 1 / 8  # Of a translation, in sides of the image.
CUTOUT = 1 / 2  # Side of the hole, in sides of the image.


def translated(images, moves):
    """Moves images by whole pixels, edges repeated; differentiable.

    Args:
        images: `[n, h, w, c]`, h = w.
        moves: Pixels upwards and to the left, int32 `[n, 2]`.
    """
    _, side, _, channels = images.shape
    places = ops.arange(side, dtype="int32")[None, :]
    rows, columns = (
        ops.clip(places + moves[:, n, None], 0, side - 1) for n in (0, 1)
    )
    # One look-up in all pixels of all images.
    first = ops.arange(ops.shape(images)[0], dtype="int32") * side**2
    pixels = first[:, None, None] + rows[:, :, None] * side + columns[:, None]
    return ops.take(ops.reshape(images, (-1, channels)), pixels, axis=0)


def diffaug(tuples, numbers):
    """Alters tuples in colour, place and by a hole.

    Args:
        tuples: `[n, k, h, w, c]` in [-1, 1], h = w.
        numbers: Random numbers on [0, 1), float32 `[n, 7]`.

    Returns:
        Same shape; colours may leave [-1, 1].
    """
    k, side = tuples.shape[1], tuples.shape[2]
    brightness, saturation, contrast = (
        numbers[:, n, None, None, None, None] for n in range(3)
    )
    x = tuples + (brightness - 0.5)
    grey = ops.mean(x, axis=-1, keepdims=True)
    x = (x - grey) * (2.0 * saturation) + grey
    mean = ops.mean(x, axis=(2, 3, 4), keepdims=True)
    x = (x - mean) * (contrast + 0.5) + mean
    reach = int(side * REACH)
    moves = _whole(numbers[:, 3:5], 2 * reach + 1) - reach
    x = translated(
        ops.reshape(x, (-1, *tuples.shape[2:])), ops.repeat(moves, k, axis=0)
    )
    hole = int(side * CUTOUT)
    centres = _whole(numbers[:, 5:7], side)
    near = [
        ops.abs(ops.arange(side, dtype="int32")[None] - centres[:, n, None])
        <= hole // 2
        for n in (0, 1)
    ]
    hidden = ops.logical_and(near[0][:, :, None], near[1][:, None, :])
    keep = 1.0 - ops.cast(hidden, x.dtype)[:, None, :, :, None]
    return ops.reshape(x, (-1, *tuples.shape[1:])) * keep


def _whole(numbers, count: int):
    """Numbers on [0, 1) to the integers 0 to `count` - 1."""
    return ops.cast(numbers * count, "int32")


AUGMENTATIONS = {"none": None, "diffaug": diffaug}

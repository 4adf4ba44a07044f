"""Differentiable augmentation: a discriminator sees only altered tuples.

Real and generated tuples are altered alike and the gradient passes through,
so that with few photographs the discriminator cannot learn them by heart and
the generator does not learn the alterations.

Source: Zhao et al. 2020, arXiv 2006.10738: colour, translation, cutout. Each
image of a tuple is altered on its own: what they were altered alike in would
be a further thing that they have in common, and the generator takes it up.
"""

from keras import ops

NUMBERS = 7  # Random numbers that one image takes.
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
    """Alters images in colour, place and by a hole.

    Args:
        tuples: `[n, k, h, w, c]` in [-1, 1], h = w.
        numbers: Random numbers on [0, 1), float32 `[n, k, 7]`.

    Returns:
        Same shape; colours may leave [-1, 1].
    """
    shape = tuples.shape[1:]
    side = shape[1]
    x = ops.reshape(tuples, (-1, *shape[1:]))
    numbers = ops.reshape(numbers, (-1, NUMBERS))
    brightness, saturation, contrast = (
        numbers[:, n, None, None, None] for n in range(3)
    )
    x = x + (brightness - 0.5)
    grey = ops.mean(x, axis=-1, keepdims=True)
    x = (x - grey) * (2.0 * saturation) + grey
    mean = ops.mean(x, axis=(1, 2, 3), keepdims=True)
    x = (x - mean) * (contrast + 0.5) + mean
    reach = int(side * REACH)
    x = translated(x, _whole(numbers[:, 3:5], 2 * reach + 1) - reach)
    hole = int(side * CUTOUT)
    centres = _whole(numbers[:, 5:7], side)
    near = [
        ops.abs(ops.arange(side, dtype="int32")[None] - centres[:, n, None])
        <= hole // 2
        for n in (0, 1)
    ]
    hidden = ops.logical_and(near[0][:, :, None], near[1][:, None, :])
    x = x * (1.0 - ops.cast(hidden, x.dtype)[:, :, :, None])
    return ops.reshape(x, (-1, *shape))


def _whole(numbers, count: int):
    """Numbers on [0, 1) to the integers 0 to `count` - 1."""
    return ops.cast(numbers * count, "int32")


AUGMENTATIONS = {"none": None, "diffaug": diffaug}

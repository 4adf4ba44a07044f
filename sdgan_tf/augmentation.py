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
WEAK = 1 / 2  # Of colours and moves, for `diffaug_weak`.


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


def recoloured(images, numbers, strength: float = 1.0):
    """Alters the brightness, saturation and contrast of images.

    Args:
        images: `[n, h, w, c]` in [-1, 1].
        numbers: Random numbers on [0, 1), float32 `[n, 3]`.
        strength: Of all three, in [0, 1]; DiffAugment's is 1.

    Returns:
        Same shape; colours may leave [-1, 1].
    """
    brightness, saturation, contrast = (
        strength * (numbers[:, n, None, None, None] - 0.5) for n in range(3)
    )
    x = images + brightness
    grey = ops.mean(x, axis=-1, keepdims=True)
    x = (x - grey) * (1.0 + 2.0 * saturation) + grey
    mean = ops.mean(x, axis=(1, 2, 3), keepdims=True)
    return (x - mean) * (1.0 + contrast) + mean


def moved(images, numbers, reach: int):
    """Moves images by up to `reach` pixels; `numbers` are `[n, 2]`."""
    return translated(images, _whole(numbers, 2 * reach + 1) - reach)


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
    x = recoloured(x, numbers[:, :3])
    x = moved(x, numbers[:, 3:5], int(side * REACH))
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


def diffaug_weak(tuples, numbers):
    """As `diffaug`: colours half as strongly, half as far, without a hole.

    Features of a trained network tell people apart by colours and places that
    the full strength would hide.
    """
    shape = tuples.shape[1:]
    x = ops.reshape(tuples, (-1, *shape[1:]))
    numbers = ops.reshape(numbers, (-1, NUMBERS))
    x = recoloured(x, numbers[:, :3], WEAK)
    x = moved(x, numbers[:, 3:5], int(shape[1] * REACH * WEAK))
    return ops.reshape(x, (-1, *shape))


def mirrored(tuples, numbers):
    """Mirrors images whose number is below one half.

    Args:
        tuples: `[n, k, h, w, c]`.
        numbers: Random numbers on [0, 1), `[n, k]`.
    """
    chosen = (numbers < 0.5)[:, :, None, None, None]
    return ops.where(chosen, ops.flip(tuples, axis=3), tuples)


def _whole(numbers, count: int):
    """Numbers on [0, 1) to the integers 0 to `count` - 1."""
    return ops.cast(numbers * count, "int32")


AUGMENTATIONS = {
    "none": None,
    "diffaug": diffaug,
    "diffaug_weak": diffaug_weak,
}

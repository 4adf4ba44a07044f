"""How generators' numbers and pixels correspond; needs no TensorFlow."""

import dataclasses

import numpy as np
from keras import ops


@dataclasses.dataclass(frozen=True)
class PixelMapping:
    """How a generator's [-1, 1] and the 256 grey levels correspond.

    Images enter as x * scale - 1 and leave as (x + 1) / scale, cut to
    [0, 255] and rounded down or to the nearest level.

    Attributes:
        scale: Grey level to [-1, 1].
        nearest: Whether levels are rounded to the nearest (else down).
    """

    scale: float
    nearest: bool

    def to_float(self, pixels):
        """uint8 pixels of any shape to float32 in [-1, 1]."""
        return ops.cast(pixels, "float32") * self.scale - 1.0

    def to_levels(self, images):
        """Images nominally in [-1, 1] to [0, 255], not yet rounded."""
        # A product: a graph would turn a quotient into one, and round apart.
        levels = (ops.convert_to_tensor(images) + 1.0) * (1.0 / self.scale)
        return ops.clip(levels, 0.0, 255.0)

    def to_pixels(self, images):
        """`to_uint8` as operations of a graph."""
        levels = self.to_levels(images)
        if self.nearest:
            levels = ops.round(levels)
        return ops.cast(levels, "uint8")

    def to_uint8(self, images) -> np.ndarray:
        """Images of any shape, nominally in [-1, 1], to uint8 pixels."""
        return ops.convert_to_numpy(self.to_pixels(images))


# x / 256 * 2 - 1 and floor((x + 1) / 2 * 256), as the reference's SD-DCGAN.
DCGAN_PIXELS = PixelMapping(scale=2.0 / 256.0, nearest=False)
# x / 127.5 - 1 and round((x + 1) * 127.5), as the reference's SD-BEGAN.
BEGAN_PIXELS = PixelMapping(scale=1.0 / 127.5, nearest=True)

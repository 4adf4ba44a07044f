"""Pictures to features at four resolutions."""

import keras

# Side of the picture that features are taken of, by the generator's.
FEATURE_SIDES = {32: 96, 64: 96, 128: 128, 256: 192}
SCALES = 4
CELL = 4  # Pixels whose colours are the channels of a pyramid's place.


def resized(images, side: int):
    """Images `[n, h, w, c]` at another side, bilinear."""
    if images.shape[1] == side:
        return images
    return keras.ops.image.resize(images, (side, side))


class ScaledFeatures(keras.Model):
    """A frozen network's maps, each divided by a number of its own.

    Args:
        network: Images `[n, side, side, 3]` in [-1, 1] to four maps.
        side: What pictures are resized to.
        rms: The root mean square of each map on photographs, by which it is
            divided.
        dtype: Keras' dtype policy.
    """

    def __init__(
        self,
        network: keras.Model,
        side: int,
        rms: tuple[float, ...],
        dtype=None,
        name: str = "features",
    ):
        super().__init__(dtype=dtype, name=name)
        self.network, self.side, self.rms = network, side, rms
        self.trainable = False

    def call(self, images):
        maps = self.network(resized(images, self.side))
        return [m * (1.0 / r) for m, r in zip(maps, self.rms, strict=True)]


class PicturePyramid(keras.Model):
    """The picture itself at four resolutions, without a foreign network.

    The maps have the sides that a network's would have, and the 4x4 pixels of
    a place as its 48 channels.

    Args:
        side: What pictures are resized to.
        dtype: Keras' dtype policy.
    """

    def __init__(self, side: int, dtype=None, name: str = "features"):
        super().__init__(dtype=dtype, name=name)
        self.side = side

    def call(self, images):
        ops = keras.ops
        x = ops.cast(resized(images, self.side), self.compute_dtype)
        maps = []
        for _ in range(SCALES):
            maps.append(ops.space_to_depth(x, CELL))
            x = ops.average_pool(x, 2, 2)
        return maps

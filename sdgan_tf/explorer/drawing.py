"""Pictures of codes, in batches of one size by one compiled function."""

import numpy as np
import tensorflow as tf

from sdgan_tf.generators import Generator

# Pictures in one call of the generator, if it is fast: large ones are to come
# one by one. One size, so that a picture has the same pixels whichever others
# are drawn with it.
SIZES = (8, 4, 1)
FAST_SIDE = 64


class Artist:
    """Draws codes; holds nothing of what it drew, so that all may share it.

    Args:
        generator: Whose pictures are wanted.

    Attributes:
        batch: Pictures in one call. A product takes six rows at a time on a
            processor with AVX2, and sums the others in another order: of the
            sizes the largest one is taken whose rows are all alike.
    """

    def __init__(self, generator: Generator):
        self.latents = generator.latents
        network, pixels = generator.network, generator.pixels

        @tf.function(reduce_retracing=False)
        def draw(z):
            return pixels.to_pixels(network(z, training=False))

        self._draw = draw
        sizes = SIZES if generator.image_size <= FAST_SIDE else SIZES[1:]
        self.batch = next(n for n in sizes if n == 1 or self._is_even(n))

    def pictures(self, z) -> np.ndarray:
        """Draws uint8 pictures `[n, h, w, 3]` of codes `[n, d_z]`."""
        z = np.asarray(z, "float32")
        padded = np.pad(z, [(0, -len(z) % self.batch), (0, 0)])
        drawn = [
            self._draw(tf.constant(padded[start : start + self.batch])).numpy()
            for start in range(0, len(padded), self.batch)
        ]
        return np.concatenate(drawn)[: len(z)]

    def _is_even(self, n: int) -> bool:
        """Whether a picture is the same wherever in a batch it is drawn."""
        key = tf.constant([0, 0])
        z = self.latents.tuples(key, n, 1)[:, 0]
        drawn = self._draw(z).numpy()
        turned = self._draw(tf.roll(z, n // 2, axis=0)).numpy()
        back = self._draw(tf.reverse(z, [0])).numpy()
        return np.array_equal(
            turned, np.roll(drawn, n // 2, axis=0)
        ) and np.array_equal(back, drawn[::-1])

"""The light generator of SD-GAN on projected features.

Source: Liu et al. 2021, arXiv 2101.04775 (gated linear units, skip-layer
excitation), as in Sauer et al. 2021, arXiv 2111.01007.
"""

import math

import keras
import numpy as np

from sdgan_tf.models import convolutions
from sdgan_tf.models.layers import (
    BatchNormalization,
    Conv2D,
    check_dim,
    check_image_size,
    fan_in_normal,
)

FIRST_SIDE = 4
SKIP = 8  # A map excites the one that has so many times its side.
POOLED = 4  # Side of what an excitation sees.
WIDEST = 8  # In multiples of `dim`.


class BilinearNormal(keras.initializers.Initializer):
    """4x4 kernels of stride 2 that first enlarge smoothly.

    A bilinear filter times one normal number a pair of channels, so that a new
    generator has no checkerboard to unlearn.
    """

    def __call__(self, shape, dtype=None):
        size, _, _, channels_in = shape
        line = 1.0 - np.abs(np.arange(size) - (size - 1) / 2) / (size / 2)
        filter_ = np.outer(line, line)[:, :, None, None]
        # The filter of a pixel sums to 1.
        normal = keras.initializers.RandomNormal(stddev=channels_in**-0.5)
        mixing = normal((1, 1, *shape[2:]), dtype=dtype)
        return keras.ops.convert_to_tensor(filter_, dtype=dtype) * mixing


def glu(x):
    """Gated linear unit: half the channels, gated by the other half."""
    values, gates = keras.ops.split(x, 2, axis=-1)
    return values * keras.ops.sigmoid(gates)


def generator_width(side: int, dim: int) -> int:
    """Channels of the maps of a side: `dim` at 64, doubled inwards."""
    return min(WIDEST * dim, max(dim * 64 // side, dim // 2, 1))


class UpsamplingBlock(keras.layers.Layer):
    """Maps to twice their side: transposed convolution, then a convolution.

    Args:
        width: Channels of what comes out.
        refine: Whether the second convolution follows.
        synchronized: See `ProjectedGenerator`.
        dtype: Keras' dtype policy.
    """

    def __init__(self, width: int, refine: bool, synchronized: bool, dtype):
        super().__init__(dtype=dtype)
        self.enlarge = convolutions.Conv2DTranspose(
            2 * width,
            dtype,
            kernel_size=4,
            kernel_initializer=BilinearNormal(),
            use_bias=False,
        )
        self.norms = [batch_norm(synchronized, dtype)]
        self.refine = None
        if refine:
            self.refine = keras.layers.Conv2D(
                2 * width,
                3,
                padding="same",
                use_bias=False,
                kernel_initializer=fan_in_normal(),
                dtype=dtype,
            )
            self.norms.append(batch_norm(synchronized, dtype))

    def call(self, x, training=False):
        x = glu(self.norms[0](self.enlarge(x), training=training))
        if self.refine is not None:
            x = glu(self.norms[1](self.refine(x), training=training))
        return x


def batch_norm(synchronized: bool, dtype) -> keras.layers.Layer:
    """A batch norm with moving statistics, for what is run afterwards."""
    return BatchNormalization(
        momentum=0.99, epsilon=1e-5, synchronized=synchronized, dtype=dtype
    )


class SkipExcitation(keras.layers.Layer):
    """Scales the channels of large maps by what small maps hold.

    Args:
        width: Channels of the large maps.
        dtype: Keras' dtype policy.

    Source: Liu et al. 2021, section 3.1.
    """

    def __init__(self, width: int, dtype):
        super().__init__(dtype=dtype)
        conv = keras.layers.Conv2D
        self.gather = conv(
            width, POOLED, kernel_initializer=fan_in_normal(), dtype=dtype
        )
        self.gate = conv(
            width, 1, kernel_initializer=fan_in_normal(), dtype=dtype
        )

    def call(self, small, large):
        ops = keras.ops
        factor = small.shape[1] // POOLED
        if factor > 1:
            small = ops.average_pool(small, factor, factor)
        x = ops.leaky_relu(self.gather(small), 0.1)
        return large * ops.sigmoid(self.gate(x))


class ProjectedGenerator(keras.Model):
    """Codes `[n, d_z]` to images `[n, h, w, 3]`, float32 in [-1, 1].

    A code is divided by its root mean square first.

    Args:
        image_size: 32, 64, 128 or 256.
        dim: Width of the maps of side 64.
        synchronized: Whether batch norm takes its statistics over all replicas
            (TensorFlow only).
        dtype: Keras' dtype policy of all layers.

    Raises:
        ValueError: If `image_size` is not supported or `dim` is not positive.
    """

    def __init__(
        self,
        image_size: int = 64,
        dim: int = 32,
        synchronized: bool = False,
        dtype=None,
        name: str = "generator",
    ):
        super().__init__(dtype=dtype, name=name)
        check_image_size(image_size)
        check_dim(dim)
        self.image_size, self.dim = image_size, dim
        self.synchronized = synchronized
        width = 2 * generator_width(FIRST_SIDE, dim)
        self.project = keras.layers.Dense(
            FIRST_SIDE * FIRST_SIDE * width,
            use_bias=False,
            kernel_initializer=fan_in_normal(),
            dtype=dtype,
        )
        self.reshape = keras.layers.Reshape(
            (FIRST_SIDE, FIRST_SIDE, width), dtype=dtype
        )
        self.norm = batch_norm(synchronized, dtype)
        count = int(math.log2(image_size // FIRST_SIDE))
        self.sides = [FIRST_SIDE * 2 ** (n + 1) for n in range(count)]
        self.blocks = [
            UpsamplingBlock(
                generator_width(side, dim),
                side < image_size,
                synchronized,
                dtype,
            )
            for side in self.sides
        ]
        self.skips = [
            SkipExcitation(generator_width(side, dim), dtype)
            for side in self.sides
            if side >= SKIP * FIRST_SIDE
        ]
        self.to_image = Conv2D(
            3,
            3,
            padding="same",
            kernel_initializer=fan_in_normal(),
            dtype=dtype,
        )

    def call(self, z, training=False):
        ops = keras.ops
        square = ops.mean(ops.square(z), axis=-1, keepdims=True)
        z = z * ops.rsqrt(square + 1e-8)
        x = self.reshape(self.project(z))
        maps = [glu(self.norm(x, training=training))]
        skips = iter(self.skips)
        for side, block in zip(self.sides, self.blocks, strict=True):
            x = block(maps[-1], training=training)
            if side >= SKIP * FIRST_SIDE:
                x = next(skips)(maps[-int(math.log2(SKIP))], x)
            maps.append(x)
        # tanh in float32: the 8 bits of bfloat16 would band the picture.
        return ops.tanh(ops.cast(self.to_image(maps[-1]), "float32"))

    def get_config(self):
        return {
            "image_size": self.image_size,
            "dim": self.dim,
            "synchronized": self.synchronized,
            "dtype": self.dtype_policy.name,
            "name": self.name,
        }


def measure_statistics(
    generator: ProjectedGenerator, z, batch_size: int
) -> None:
    """Sets a generator's moving statistics to those of some codes.

    Averaged weights need it: the moving statistics of the weights that they
    are the average of do not fit them.

    Args:
        generator: What is changed.
        z: Codes `[n, d_z]`; what is left of the last whole batch is not used.
        batch_size: Codes whose statistics are taken together.
    """
    norms = [
        generator.norm,
        *(norm for block in generator.blocks for norm in block.norms),
    ]
    held = [(norm.momentum, norm.synchronized) for norm in norms]
    try:
        for done in range(len(z) // batch_size):
            for norm in norms:
                # So that they become the mean over the batches so far.
                norm.momentum = done / (done + 1)
                norm.synchronized = False
            start = done * batch_size
            generator(z[start : start + batch_size], training=True)
    finally:
        for norm, (momentum, synchronized) in zip(norms, held, strict=True):
            norm.momentum, norm.synchronized = momentum, synchronized

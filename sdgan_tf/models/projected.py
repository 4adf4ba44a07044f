"""The networks of SD-GAN on projected features.

Source: Sauer, Chitta, Müller, Geiger 2021, arXiv 2111.01007 (random projections
of a frozen network's features, a discriminator on each scale); Liu et al. 2021,
arXiv 2101.04775 (the light generator with skip-layer excitation).
"""

import math

import keras
import numpy as np

from sdgan_tf.fused import normalize_batch
from sdgan_tf.models import convolutions
from sdgan_tf.models.layers import (
    Conv2D,
    GroupedBatchNormalization,
    add_bias,
    check_dim,
    check_image_size,
)

FIRST_SIDE = 4
SKIP = 8  # A map excites the one that has so many times its side.
POOLED = 4  # Side of what an excitation sees.
WIDEST = 8  # In multiples of `dim`.
# Channels of the mixed maps, the finest first: of each tap by itself, and with
# the coarser ones added.
TAP_CHANNELS = (32, 64, 128, 256)
MIXED_CHANNELS = (32, 32, 64, 128)
TOWER_WIDTH = 6  # In multiples of `dim`.
LEAK = 0.2


def fan_in_normal(gain: float = 1.0) -> keras.initializers.Initializer:
    """Normal kernels with the variance gain / fan-in."""
    return keras.initializers.VarianceScaling(
        gain, mode="fan_in", distribution="untruncated_normal"
    )


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


class BatchNormalization(keras.layers.BatchNormalization):
    """Keras' layer, in one kernel where the backend has one.

    Args: those of `keras.layers.BatchNormalization`.
    """

    def call(self, inputs, training=None):
        if not training or self.synchronized:
            return super().call(inputs, training=training)
        y, mean, variance = normalize_batch(
            inputs, self.gamma.value, self.beta.value, self.epsilon
        )
        for moving, new in (
            (self.moving_mean, mean),
            (self.moving_variance, variance),
        ):
            kept = moving * self.momentum
            moving.assign(kept + new * (1.0 - self.momentum))
        return y


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
        layer
        for layer in generator._flatten_layers(include_self=False)
        if isinstance(layer, BatchNormalization)
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


class FeatureMixing(keras.layers.Layer):
    """Mixes maps of four resolutions by fixed random convolutions.

    First the channels of each, then, from the coarsest to the finest, each
    with the enlarged one before it.

    Args:
        seed: Of the random kernels.
        dtype: Keras' dtype policy.

    Source: Sauer et al. 2021, section 3.2.
    """

    def __init__(self, seed: int = 0, dtype=None):
        super().__init__(dtype=dtype)
        self.seed = seed
        seeds = iter(range(seed, seed + 8))
        self.of_tap, self.across = (
            [
                keras.layers.Conv2D(
                    filters,
                    1,
                    use_bias=False,
                    kernel_initializer=keras.initializers.VarianceScaling(
                        1.0,
                        "fan_in",
                        "untruncated_normal",
                        seed=next(seeds),
                    ),
                    dtype=dtype,
                )
                for filters in channels
            ]
            for channels in (TAP_CHANNELS, MIXED_CHANNELS)
        )
        self.trainable = False

    def call(self, maps):
        """Mixes four maps `[n, s, s, c]`, the finest first."""
        mixed, x = [], None
        for maps_, tap, across in reversed(
            list(zip(maps, self.of_tap, self.across, strict=True))
        ):
            own = tap(maps_)
            if x is not None:
                factor = own.shape[1] // x.shape[1]
                for axis in (1, 2):
                    x = keras.ops.repeat(x, factor, axis=axis)
                own = (own + x) * 2**-0.5
            x = across(own)
            mixed.append(x)
        return mixed[::-1]

    def get_config(self):
        return {"seed": self.seed}


class UnitConv2D(keras.layers.Conv2D):
    """A "valid" convolution to one channel with a kernel of norm 1.

    With one channel the norm is the kernel's largest singular value: this is
    spectral normalisation, without its iteration.

    Args:
        kernel_size: Side of the kernel.
        dtype: Keras' dtype policy.
    """

    def __init__(self, kernel_size: int, dtype=None):
        super().__init__(
            1, kernel_size, kernel_initializer=fan_in_normal(), dtype=dtype
        )

    def call(self, inputs):
        ops = keras.ops
        kernel = ops.cast(self.kernel, "float32")
        kernel = kernel * ops.rsqrt(ops.sum(ops.square(kernel)) + 1e-12)
        maps = self.convolution_op(inputs, ops.cast(kernel, inputs.dtype))
        return add_bias(maps, ops.cast(self.bias, maps.dtype))


class BatchwiseNormalization(GroupedBatchNormalization):
    """`GroupedBatchNormalization` in one kernel a batch; members lie together.

    Args: those of `GroupedBatchNormalization`.
    """

    def call(self, x, num_batches: int = 1):
        if self.synchronized:
            return super().call(x, num_batches=num_batches)
        ops = keras.ops
        gamma, beta = (ops.cast(w, "float32") for w in (self.gamma, self.beta))
        normalized = [
            normalize_batch(batch, gamma, beta, self.epsilon)[0]
            for batch in ops.split(x, num_batches)
        ]
        return ops.concatenate(normalized) if num_batches > 1 else normalized[0]


class NormalizedConv2D(keras.layers.Layer):
    """Convolution, batch norm by groups, leaky ReLU.

    Args:
        filters: Channels of what comes out.
        kernel_size: Side of the kernel.
        strides: 1 or 2.
        synchronized: See `GroupedBatchNormalization`.
        dtype: Keras' dtype policy.
    """

    def __init__(self, filters, kernel_size, strides, synchronized, dtype):
        super().__init__(dtype=dtype)
        options = {
            "kernel_initializer": fan_in_normal(),
            "use_bias": False,
            "dtype": dtype,
        }
        if strides == 2:
            self.conv = convolutions.Conv2D(filters, kernel_size, **options)
        else:
            self.conv = keras.layers.Conv2D(
                filters, kernel_size, padding="same", **options
            )
        self.norm = BatchwiseNormalization(
            synchronized=synchronized, dtype=dtype
        )

    def call(self, x, num_batches=1):
        x = self.norm(self.conv(x), num_batches=num_batches)
        return keras.ops.leaky_relu(x, LEAK)


class TupleHead(keras.layers.Layer):
    """The maps of a tuple's images `[n, s, s, k * c]` to a logit `[n]`.

    Args:
        side: s.
        width: Channels of its convolution.
        synchronized: See `GroupedBatchNormalization`.
        dtype: Keras' dtype policy.
    """

    def __init__(self, side: int, width: int, synchronized: bool, dtype):
        super().__init__(dtype=dtype)
        halve = side > 3
        self.collate = NormalizedConv2D(
            width, 4 if halve else 3, 2 if halve else 1, synchronized, dtype
        )
        self.logit = UnitConv2D(side // 2 if halve else side, dtype)

    def call(self, maps, num_batches=1):
        x = self.logit(self.collate(maps, num_batches=num_batches))
        return keras.ops.cast(x[:, 0, 0, 0], "float32")


class ScaleDiscriminator(keras.layers.Layer):
    """Judges images and tuples by the features of one scale.

    A Siamese tower sees each image. One head says of each place of an image
    whether it is of a photograph, the other of a tuple whether its images are
    of one subject.

    Args:
        side: Side of the features.
        halvings: Stride-2 convolutions of the tower.
        width: Channels of the tower's last maps.
        k: Images in a tuple.
        kinds: Kinds of tuples, each with a head of its own; tuple t is of kind
            t % kinds.
        synchronized: See `GroupedBatchNormalization`.
        dtype: Keras' dtype policy.
    """

    def __init__(
        self,
        side: int,
        halvings: int,
        width: int,
        k: int = 2,
        kinds: int = 1,
        synchronized: bool = False,
        dtype=None,
    ):
        super().__init__(dtype=dtype)
        self.k = k
        if halvings:
            self.tower = [
                NormalizedConv2D(width // 2**left, 4, 2, synchronized, dtype)
                for left in reversed(range(halvings))
            ]
        else:
            self.tower = [NormalizedConv2D(width, 3, 1, synchronized, dtype)]
        side = side // 2**halvings
        self.single = UnitConv2D(min(4, side), dtype)
        self.heads = [
            TupleHead(side, width, synchronized, dtype) for _ in range(kinds)
        ]

    def call(self, maps, num_batches=1, mismatch=False):
        """Judges `num_batches` equal batches that lie one after another.

        Args:
            maps: `[num_batches * b * k, s, s, c]`.
            num_batches: Batches in `maps`, each with its own statistics.
            mismatch: Whether to judge, as one more batch, the tuples of the
                first batch with their last image changed for that of another
                tuple of their kind, their neighbour.

        Returns:
            Logits of places `[num_batches * b * k, p, p]`, and those of tuples
            `[num_batches (+ 1), b / kinds, kinds]`, float32.
        """
        ops = keras.ops
        for layer in self.tower:
            maps = layer(maps, num_batches=num_batches)
        places = ops.cast(self.single(maps)[..., 0], "float32")
        _, h, w, c = maps.shape
        images = ops.unstack(
            ops.reshape(maps, (-1, self.k, h, w, c)), self.k, axis=1
        )
        tuples = ops.concatenate(images, axis=-1)
        if mismatch:
            first = [ops.split(image, num_batches)[0] for image in images]
            first[-1] = self._of_neighbours(first[-1])
            changed = ops.concatenate(first, axis=-1)
            tuples = ops.concatenate([tuples, changed])
            num_batches += 1
        logits = [
            ops.reshape(head(x, num_batches=num_batches), (num_batches, -1))
            for head, x in zip(self.heads, self._by_kind(tuples), strict=True)
        ]
        return places, ops.stack(logits, axis=2)

    def _by_kind(self, rows) -> list:
        """Rows `[n, ...]`, whose kinds take turns, kind by kind."""
        kinds = len(self.heads)
        if kinds == 1:
            return [rows]
        rows = keras.ops.reshape(rows, (-1, kinds, *rows.shape[1:]))
        return keras.ops.unstack(rows, kinds, axis=1)

    def _of_neighbours(self, rows):
        """Each row's neighbour of its kind in its place."""
        of_kinds = [neighbours(x) for x in self._by_kind(rows)]
        stacked = keras.ops.stack(of_kinds, axis=1)
        return keras.ops.reshape(stacked, (-1, *rows.shape[1:]))


def neighbours(rows):
    """Rows `[n, ...]` changed for their neighbours, 0 for 1 and so on.

    Of an odd number the last one is changed for the first. Cutting the rows
    into shares of even numbers changes nothing.
    """
    n = rows.shape[0]
    places = [place ^ 1 if place ^ 1 < n else 0 for place in range(n)]
    return keras.ops.take(rows, places, axis=0)


def different_neighbours(rows, kinds: int = 1):
    """Where neighbours of one kind are of different subjects.

    Args:
        rows: The subject of each tuple, integers `[n]`; tuple t is of kind
            t % kinds.
        kinds: How many there are.

    Returns:
        1.0 or 0.0, float32 `[n / kinds, kinds]`.
    """
    rows = keras.ops.reshape(rows, (-1, kinds))
    return keras.ops.cast(rows != neighbours(rows), "float32")


class ProjectedDiscriminator(keras.Model):
    """Judges images and tuples by features of four scales.

    Args:
        side: Side of the picture that the features are of, a multiple of 32.
        dim: Towers are six times as wide.
        k: Images in a tuple.
        kinds: Kinds of tuples; tuple t is of kind t % kinds.
        seed: Of the fixed random mixing.
        synchronized: See `GroupedBatchNormalization`.
        dtype: Keras' dtype policy of all layers.
    """

    def __init__(
        self,
        side: int = 96,
        dim: int = 32,
        k: int = 2,
        kinds: int = 1,
        seed: int = 0,
        synchronized: bool = False,
        dtype=None,
        name: str = "discriminator",
    ):
        super().__init__(dtype=dtype, name=name)
        check_dim(dim)
        self.side, self.dim, self.seed = side, dim, seed
        self.k, self.kinds = k, kinds
        self.synchronized = synchronized
        self.mixing = FeatureMixing(seed, dtype)
        self.scales = [
            ScaleDiscriminator(
                side // factor,
                halvings,
                TOWER_WIDTH * dim,
                k,
                kinds,
                synchronized,
                dtype,
            )
            for factor, halvings in ((4, 2), (8, 1), (16, 0), (32, 0))
        ]

    def call(self, maps, num_batches=1, mismatch=False):
        """Judges features; see `ScaleDiscriminator.call`.

        Args:
            maps: Mixed features of four scales, the finest first.

        Returns:
            For each scale the logits of places and those of tuples.
        """
        return [
            scale(x, num_batches=num_batches, mismatch=mismatch)
            for scale, x in zip(self.scales, maps, strict=True)
        ]

    def get_config(self):
        return {
            "side": self.side,
            "dim": self.dim,
            "k": self.k,
            "kinds": self.kinds,
            "seed": self.seed,
            "synchronized": self.synchronized,
            "name": self.name,
        }

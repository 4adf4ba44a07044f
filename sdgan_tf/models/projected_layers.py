"""Layers of the discriminators on projected features.

Source: Sauer, Chitta, Müller, Geiger 2021, arXiv 2111.01007. The heads that
score tuples are ours.
"""

import keras

from sdgan_tf.models import convolutions
from sdgan_tf.models.layers import (
    GroupedBatchNormalization,
    add_bias,
    fan_in_normal,
)

# Channels of the mixed maps, the finest first: of each tap by itself, and with
# the coarser ones added.
TAP_CHANNELS = (32, 64, 128, 256)
MIXED_CHANNELS = (32, 32, 64, 128)
LEAK = 0.2


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
        return {"seed": self.seed, "dtype": self.dtype_policy.name}


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


class OwnNormalization(keras.layers.GroupNormalization):
    """Normalises each member of a batch by itself, in groups of channels.

    Source: Wu, He, "Group Normalization", ECCV 2018, arXiv 1803.08494.

    Args:
        channels: How many there are; a group has 16 of them, if that divides.
        dtype: Keras' dtype policy.
    """

    def __init__(self, channels: int, dtype=None):
        super().__init__(groups=max(1, channels // 16), dtype=dtype)

    def call(self, x, num_batches: int = 1):
        del num_batches  # Others in the batch do not matter.
        return super().call(x)


class NormalizedConv2D(keras.layers.Layer):
    """Convolution, normalisation, leaky ReLU.

    Args:
        filters: Channels of what comes out.
        kernel_size: Side of the kernel.
        strides: 1 or 2.
        synchronized: See `GroupedBatchNormalization`.
        dtype: Keras' dtype policy.
        by_batch: Whether batches are normalised, or each member by itself.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides,
        synchronized,
        dtype,
        by_batch=True,
    ):
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
        self.norm = (
            GroupedBatchNormalization(synchronized=synchronized, dtype=dtype)
            if by_batch
            else OwnNormalization(filters, dtype)
        )

    def call(self, x, num_batches=1):
        x = self.norm(self.conv(x), num_batches=num_batches)
        return keras.ops.leaky_relu(x, LEAK)


class TupleHead(keras.layers.Layer):
    """The maps of a tuple's images `[n, s, s, k * c]` to a logit `[n]`.

    Normalised by batches, it tells a batch of tuples of one subject each from
    a batch of mismatched ones by the batch's statistics, and hardly any single
    tuple by itself.

    Args:
        side: s.
        width: Channels of its convolution.
        synchronized: See `GroupedBatchNormalization`.
        dtype: Keras' dtype policy.
        by_batch: Whether batches are normalised, or each tuple by itself.
    """

    def __init__(
        self,
        side: int,
        width: int,
        synchronized: bool,
        dtype,
        by_batch: bool = True,
    ):
        super().__init__(dtype=dtype)
        halve = side > 3
        self.collate = NormalizedConv2D(
            width,
            4 if halve else 3,
            2 if halve else 1,
            synchronized,
            dtype,
            by_batch,
        )
        self.logit = UnitConv2D(side // 2 if halve else side, dtype)

    def call(self, maps, num_batches=1):
        x = self.logit(self.collate(maps, num_batches=num_batches))
        return keras.ops.cast(x[:, 0, 0, 0], "float32")

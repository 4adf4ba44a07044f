"""Layers and checks that several networks share."""

import math

import keras

from data_pipeline.records.sizes import IMAGE_SIZES


def check_image_size(image_size: int) -> None:
    """Raises ValueError if images of this side are not supported."""
    if image_size not in IMAGE_SIZES:
        raise ValueError(
            f"`image_size` must be one of {IMAGE_SIZES}. "
            f"Received: image_size={image_size}"
        )


def check_dim(dim: int) -> None:
    """Raises ValueError if `dim` is not positive."""
    if dim < 1:
        raise ValueError(f"`dim` must be at least 1. Received: dim={dim}")


def conv_kernel_initializer() -> keras.initializers.Initializer:
    """Uniform kernels with a standard deviation of 0.02.

    Source: the reference code, which samples them on +-0.02*sqrt(3).
    """
    limit = 0.02 * math.sqrt(3)
    return keras.initializers.RandomUniform(-limit, limit)


def fan_in_normal() -> keras.initializers.Initializer:
    """Normal kernels with the variance 1 / fan-in."""
    return keras.initializers.VarianceScaling(
        1.0, mode="fan_in", distribution="untruncated_normal"
    )


def add_bias(maps, bias):
    """Maps `[n, h, w, c]` with a bias `[c]` added.

    In bfloat16 not by `ops.add`: that is TensorFlow's bias_add, whose gradient
    on a CPU sums in bfloat16 and loses nine tenths of it over 32 images of
    64x64. In float32 it is, since TensorFlow computes it with the convolution.
    """
    if keras.backend.standardize_dtype(maps.dtype) == "bfloat16":
        return maps + bias
    return keras.ops.add(maps, bias)


class Conv2D(keras.layers.Conv2D):
    """Keras' layer, with `add_bias`.

    Args: those of `keras.layers.Conv2D`; channels come last.
    """

    def call(self, inputs):
        maps = self.convolution_op(inputs, self.kernel)
        if self.use_bias:
            maps = add_bias(maps, self.bias)
        return self.activation(maps)


class GroupedBatchNormalization(keras.layers.Layer):
    """Batch normalisation that always uses the statistics of its own group.

    A discriminator must see real and fake tuples, and each image of a tuple,
    under statistics of their own. Merged into one batch (one large product is
    faster than several small ones), they stay apart as the groups of this
    layer: the batch axis is read as `[num_batches, b, members]`, and the
    statistics are taken over `b` and the pixels.

    There are no moving statistics: the reference uses those of the batch in
    training and nobody runs a discriminator afterwards.

    Args:
        epsilon: Added to the variance.
        synchronized: Whether statistics are those of the global batch over all
            replicas (TensorFlow only).

    Source: paper, section 3.1, and the reference code.
    """

    def __init__(
        self, epsilon: float = 1e-3, synchronized: bool = False, **kwargs
    ):
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.synchronized = synchronized

    def build(self, input_shape):
        channels = input_shape[-1]
        self.gamma = self.add_weight(
            shape=(channels,), initializer="ones", name="gamma"
        )
        self.beta = self.add_weight(
            shape=(channels,), initializer="zeros", name="beta"
        )

    def call(self, x, num_batches: int = 1, members: int = 1):
        """Normalises `x`, `[num_batches * b * members, h, w, c]`."""
        ops = keras.ops
        _, h, w, c = x.shape
        # Statistics need float32: bfloat16 keeps 8 bits of a sum.
        groups = ops.reshape(
            ops.cast(x, "float32"), (num_batches, -1, members, h * w, c)
        )
        mean, variance = self.moments(groups)
        scale = ops.rsqrt(variance + self.epsilon) * ops.cast(
            self.gamma, "float32"
        )
        shift = ops.cast(self.beta, "float32") - mean * scale
        groups = ops.cast(groups * scale + shift, self.compute_dtype)
        return ops.reshape(groups, (-1, h, w, c))

    def moments(self, groups):
        """Mean and variance over b and the pixels, as axes of length 1."""
        ops = keras.ops
        if self.synchronized:
            return ops.moments(groups, (1, 3), keepdims=True, synchronized=True)

        # One axis after the other: a reduction over axes that are no
        # neighbours makes TensorFlow transpose the whole tensor first.
        def mean(x):
            return ops.mean(ops.mean(x, 3, keepdims=True), 1, keepdims=True)

        # Not `ops.moments`: TensorFlow's stops the gradient at the mean inside
        # the variance. First derivatives do not notice; the second ones of a
        # gradient penalty come out wrong.
        center = mean(groups)
        return center, mean(ops.square(groups - center))

    def get_config(self):
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "synchronized": self.synchronized,
        }

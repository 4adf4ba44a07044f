"""Layers and checks that several networks share."""

import math

import keras

from data_pipeline.records.sizes import IMAGE_SIZES
from sdgan_tf.fused import normalize_batch


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


class GroupedBatchNormalization(keras.layers.Layer):
    """Batch normalisation that always uses the statistics of its own batch.

    A discriminator must see real and fake tuples, and each image of a tuple,
    under statistics of their own. Merged into one batch (one large product is
    faster than several small ones), they stay apart as the batches of this
    layer, which lie one after another.

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

    def call(self, x, num_batches: int = 1):
        """Normalises `x`, `[num_batches * b, h, w, c]`."""
        ops = keras.ops
        gamma, beta = (ops.cast(w, "float32") for w in (self.gamma, self.beta))
        if self.synchronized:
            return self._over_replicas(x, gamma, beta, num_batches)
        normalized = [
            normalize_batch(batch, gamma, beta, self.epsilon)[0]
            for batch in ops.split(x, num_batches)
        ]
        return ops.concatenate(normalized) if num_batches > 1 else normalized[0]

    def _over_replicas(self, x, gamma, beta, num_batches: int):
        """As `call`, with the statistics of all replicas' batches."""
        ops = keras.ops
        # Statistics need float32: bfloat16 keeps 8 bits of a sum.
        batches = ops.reshape(
            ops.cast(x, "float32"), (num_batches, -1, *x.shape[1:])
        )
        mean, variance = ops.moments(
            batches, (1, 2, 3), keepdims=True, synchronized=True
        )
        scale = gamma * ops.rsqrt(variance + self.epsilon)
        batches = batches * scale + (beta - mean * scale)
        return ops.reshape(ops.cast(batches, x.dtype), (-1, *x.shape[1:]))

    def get_config(self):
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "synchronized": self.synchronized,
        }

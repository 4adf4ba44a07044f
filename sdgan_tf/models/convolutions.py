"""The DCGAN's stride-2 layers, by the products that a processor is fast at.

Keras' layers with Keras' weights and results, in other forms where TensorFlow
runs on a CPU: `docs/performance.md` has what each gains. Padding is "same",
sides are even. Classes are named like Keras', since a file of weights names its
groups after them.
"""

import keras

from sdgan_tf.models import layers
from sdgan_tf.models.layers import add_bias, conv_kernel_initializer

# Up to so many positions of an image's smaller maps one product with patches is
# the faster kernel gradient, and up to 2x2 the faster layer.
GRADIENT_POSITIONS = {"float32": 4, "bfloat16": 16}
LAYER_POSITIONS = 4
# Up to so many channels a convolution of phases is faster than a transposed
# convolution.
PHASE_CHANNELS = 4


def on_processor() -> bool:
    """Whether TensorFlow runs on a CPU, where these forms are faster."""
    return (
        keras.backend.backend() == "tensorflow"
        and not keras.distribution.list_devices("gpu")
    )


def few(positions: int, maps) -> bool:
    """Whether so many positions are few for maps of this type."""
    dtype = keras.backend.standardize_dtype(maps.dtype)
    return positions <= GRADIENT_POSITIONS.get(dtype, 0)


def patches(maps, size: int):
    """The patches of a stride-2 convolution, `[n, h/2, w/2, size * size * c]`.

    Args:
        maps: `[n, h, w, c]`.
        size: Side of the kernel, at least 2.
    """
    ops = keras.ops
    _, h, w, c = maps.shape
    h, w = h // 2, w // 2
    before, beyond = (size - 2) // 2, size // 2
    edges = (before, 2 * beyond - before)
    x = ops.pad(maps, [(0, 0), edges, edges, (0, 0)])
    # Even and odd rows and columns apart, so that each slice is of neighbours:
    # slices with strides are many times slower.
    x = ops.reshape(x, (-1, h + beyond, 2, w + beyond, 2, c))
    x = ops.transpose(x, (2, 4, 0, 1, 3, 5))
    return ops.concatenate(
        [
            x[i % 2, j % 2, :, i // 2 : i // 2 + h, j // 2 : j // 2 + w]
            for i in range(size)
            for j in range(size)
        ],
        axis=-1,
    )


def rows(maps):
    """`[..., c]` as a matrix of c columns."""
    return keras.ops.reshape(maps, (-1, maps.shape[-1]))


def kernel_gradient(large, small, kernel):
    """The gradient to a kernel, as one matrix product.

    Args:
        large: `[n, h, w, a]`: what a convolution takes in, or the gradient to
            what a transposed one gives out.
        small: `[n, h/2, w/2, b]`: the other one.
        kernel: `[size, size, a, b]`.
    """
    ops = keras.ops
    seen = ops.transpose(rows(patches(large, kernel.shape[0])))
    return ops.reshape(ops.matmul(seen, rows(small)), kernel.shape)


@keras.ops.custom_gradient
def convolution(x, kernel):
    """`keras.ops.conv` of stride 2, to few positions.

    Args:
        x: `[n, h, w, a]`.
        kernel: `[size, size, a, b]`.

    Returns:
        `[n, h/2, w/2, b]`.
    """
    ops = keras.ops
    _, h, w, _ = x.shape

    def gradient(upstream):
        return (
            ops.conv_transpose(upstream, kernel, 2, "same"),
            kernel_gradient(x, upstream, kernel),
        )

    if h * w > 4 * LAYER_POSITIONS:
        return ops.conv(x, kernel, 2, "same"), gradient
    maps = ops.matmul(rows(patches(x, kernel.shape[0])), rows(kernel))
    return ops.reshape(maps, (-1, h // 2, w // 2, kernel.shape[-1])), gradient


@keras.ops.custom_gradient
def transposed_convolution(x, kernel):
    """`keras.ops.conv_transpose` of stride 2, of few positions.

    Args:
        x: `[n, h, w, b]`.
        kernel: `[size, size, a, b]`.

    Returns:
        `[n, 2 * h, 2 * w, a]`.
    """
    ops = keras.ops

    def gradient(upstream):
        return (
            ops.conv(upstream, kernel, 2, "same"),
            kernel_gradient(upstream, x, kernel),
        )

    return ops.conv_transpose(x, kernel, 2, "same"), gradient


def convolution_of_phases(x, kernel, bias):
    """`keras.ops.conv_transpose` of stride 2, to few channels, plus a bias.

    Each of the four pixels that a position becomes is a channel of its own.

    Args:
        x: `[n, h, w, b]`.
        kernel: `[5, 5, a, b]`.
        bias: `[a]`.

    Returns:
        `[n, 2 * h, 2 * w, a]`.
    """
    ops = keras.ops
    *_, a, b = kernel.shape
    # Pixel 2 * i + p sees position i + 1 - t through row 2 * t + p - 1.
    kernel = ops.pad(kernel, [(1, 0), (1, 0), (0, 0), (0, 0)])
    kernel = ops.reshape(kernel, (3, 2, 3, 2, a, b))
    kernel = ops.flip(ops.transpose(kernel, (0, 2, 5, 1, 3, 4)), (0, 1))
    kernel = ops.reshape(kernel, (3, 3, b, 4 * a))
    maps = add_bias(ops.conv(x, kernel, 1, "same"), ops.tile(bias, 4))
    return ops.depth_to_space(maps, 2)


class Conv2D(layers.Conv2D):
    """A convolution of stride 2 and padding "same", to half the side.

    Args:
        filters: Channels of what comes out.
        kernel_size: Side of the kernel, at least 2.
        dtype: Keras' dtype policy.
        kernel_initializer: The reference's by default.
        use_bias: Whether there is a bias.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        dtype=None,
        kernel_initializer=None,
        use_bias: bool = True,
    ):
        super().__init__(
            filters,
            kernel_size,
            strides=2,
            padding="same",
            kernel_initializer=kernel_initializer or conv_kernel_initializer(),
            use_bias=use_bias,
            dtype=dtype,
        )

    def convolution_op(self, inputs, kernel):
        _, h, w, _ = inputs.shape
        if not (few(h * w // 4, inputs) and on_processor()):
            return super().convolution_op(inputs, kernel)
        return convolution(inputs, keras.ops.cast(kernel, inputs.dtype))


class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """A transposed convolution of stride 2, to twice the side.

    Args:
        filters: Channels of what comes out.
        dtype: Keras' dtype policy.
        kernel_size: Side of the kernel.
        kernel_initializer: The reference's by default.
        use_bias: Whether there is a bias.
    """

    def __init__(
        self,
        filters: int,
        dtype=None,
        kernel_size: int = 5,
        kernel_initializer=None,
        use_bias: bool = True,
    ):
        super().__init__(
            filters,
            kernel_size,
            strides=2,
            padding="same",
            kernel_initializer=kernel_initializer or conv_kernel_initializer(),
            use_bias=use_bias,
            dtype=dtype,
        )

    def call(self, inputs):
        _, h, w, _ = inputs.shape
        kernel = keras.ops.cast(self.kernel, inputs.dtype)
        phases = self.filters <= PHASE_CHANNELS and self.kernel_size == (5, 5)
        if phases and self.use_bias and on_processor():
            return convolution_of_phases(inputs, kernel, self.bias)
        if few(h * w, inputs) and on_processor():
            maps = transposed_convolution(inputs, kernel)
        else:
            maps = keras.ops.conv_transpose(inputs, kernel, 2, "same")
        return add_bias(maps, self.bias) if self.use_bias else maps

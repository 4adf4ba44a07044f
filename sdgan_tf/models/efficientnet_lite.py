"""EfficientNet-Lite without its classifier: images to maps of features."""

import math

import keras

from sdgan_tf.models.convolutions import on_processor

# Kernel, stride, expansion, channels and repeats of each stage.
STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
STEM_CHANNELS = 32
# The last stage of each resolution, as Projected GAN takes them.
TAPPED_STAGES = (1, 2, 4, 6)
TAPPED_CHANNELS = tuple(STAGES[stage][3] for stage in TAPPED_STAGES)
EPSILON = 1e-3  # Of the batch norms that are folded into the convolutions.


@keras.ops.custom_gradient
def halving_depthwise(x, kernel):
    """A frozen depthwise convolution of stride 2 and padding "same".

    Its gradient is a convolution of the upstream gradient with zeros between:
    TensorFlow's own takes four times as long in bfloat16 on a CPU. The kernel
    has no gradient.

    Args:
        x: `[n, h, w, c]`, h and w even.
        kernel: `[size, size, c, 1]`.

    Returns:
        `[n, h/2, w/2, c]`.
    """
    ops = keras.ops
    _, h, w, c = x.shape
    size = kernel.shape[0]

    def gradient(upstream):
        dilated = ops.pad(
            upstream[:, :, None, :, None],
            [(0, 0), (0, 0), (0, 1), (0, 0), (0, 1), (0, 0)],
        )
        dilated = ops.reshape(dilated, (-1, h, w, c))
        before = size - 1 - (size - 2) // 2
        edges = (before, size - 1 - before)
        dilated = ops.pad(dilated, [(0, 0), edges, edges, (0, 0)])
        flipped = ops.flip(kernel, (0, 1))
        back = ops.depthwise_conv(dilated, flipped, 1, "valid")
        return back, ops.zeros_like(kernel)

    return ops.depthwise_conv(x, kernel, 2, "same"), gradient


class FrozenDepthwiseConv2D(keras.layers.DepthwiseConv2D):
    """Keras' layer, with a faster gradient where there is one.

    Args: those of `keras.layers.DepthwiseConv2D`; padding is "same".
    """

    def call(self, inputs):
        _, h, w, _ = inputs.shape
        narrow = keras.backend.standardize_dtype(inputs.dtype) == "bfloat16"
        halves = self.strides == (2, 2) and h % 2 == w % 2 == 0
        if not (narrow and halves and on_processor()):
            return super().call(inputs)
        kernel = keras.ops.cast(self.kernel, inputs.dtype)
        maps = halving_depthwise(inputs, kernel)
        return maps + keras.ops.cast(self.bias, inputs.dtype)


class InvertedResidual(keras.layers.Layer):
    """Expansion, depthwise convolution and projection, around a shortcut.

    Args:
        channels_in: Channels of what comes in.
        channels: Channels of what comes out.
        kernel_size: Side of the depthwise kernel.
        stride: Its stride.
        expansion: Factor on the channels in between.
        dtype: Keras' dtype policy.
    """

    def __init__(
        self,
        channels_in: int,
        channels: int,
        kernel_size: int,
        stride: int,
        expansion: int,
        dtype=None,
    ):
        super().__init__(dtype=dtype)
        conv = keras.layers.Conv2D
        self.shortcut = stride == 1 and channels_in == channels
        self.expand = None
        if expansion > 1:
            self.expand = conv(channels_in * expansion, 1, dtype=dtype)
        self.depthwise = FrozenDepthwiseConv2D(
            kernel_size, stride, padding="same", dtype=dtype
        )
        self.project = conv(channels, 1, dtype=dtype)

    def call(self, maps):
        x = maps
        if self.expand is not None:
            x = keras.ops.relu6(self.expand(x))
        x = self.project(keras.ops.relu6(self.depthwise(x)))
        return maps + x if self.shortcut else x


class EfficientNetLite(keras.Model):
    """Images `[n, h, w, 3]` in [-1, 1] to maps at four resolutions.

    The maps have 24, 40, 112 and 320 channels and a 4th, 8th, 16th and 32nd
    of the sides. The batch norms, which never train here, are folded into the
    convolutions.

    Args:
        depth: Factor on the repeats of the inner stages: 1.0 is Lite0, 1.1 is
            Lite1.
        dtype: Keras' dtype policy of all layers.

    Source: Tan and Le 2019, arXiv 1905.11946, in the variant that TensorFlow
    published as EfficientNet-Lite in 2020: ReLU6, no squeeze and excitation.
    """

    def __init__(
        self, depth: float = 1.0, dtype=None, name: str = "efficientnet_lite"
    ):
        super().__init__(dtype=dtype, name=name)
        self.depth = depth
        self.stem = keras.layers.Conv2D(
            STEM_CHANNELS, 3, 2, padding="same", dtype=dtype
        )
        self.stages: list[list[InvertedResidual]] = []
        channels_in = STEM_CHANNELS
        for kernel, stride, expansion, channels, repeats in STAGES:
            if 0 < len(self.stages) < len(STAGES) - 1:
                repeats = math.ceil(repeats * depth)
            blocks = []
            for block in range(repeats):
                blocks.append(
                    InvertedResidual(
                        channels_in,
                        channels,
                        kernel,
                        1 if block else stride,
                        expansion,
                        dtype,
                    )
                )
                channels_in = channels
            self.stages.append(blocks)
        self.trainable = False

    def call(self, images):
        x = keras.ops.relu6(self.stem(images))
        maps = []
        for stage, blocks in enumerate(self.stages):
            for block in blocks:
                x = block(x)
            if stage in TAPPED_STAGES:
                maps.append(x)
        return maps

    def set_tensors(self, tensors: dict) -> None:
        """Takes the weights of the PyTorch model that was published.

        Args:
            tensors: Arrays by their PyTorch names; those of the classifier
                are left alone.

        Raises:
            KeyError: If one is missing.
            ValueError: If one is of another shape.
        """
        self(keras.ops.zeros((1, 32, 32, 3)))
        _set_folded(self.stem, tensors, "_conv_stem", "_bn0")
        blocks = [block for stage in self.stages for block in stage]
        for number, block in enumerate(blocks):
            at = f"_blocks.{number}."
            if block.expand is not None:
                _set_folded(
                    block.expand, tensors, at + "_expand_conv", at + "_bn0"
                )
            _set_folded(
                block.depthwise, tensors, at + "_depthwise_conv", at + "_bn1"
            )
            _set_folded(
                block.project, tensors, at + "_project_conv", at + "_bn2"
            )

    def get_config(self):
        return {
            "depth": self.depth,
            "dtype": self.dtype_policy.name,
            "name": self.name,
        }


def _set_folded(layer, tensors: dict, conv: str, norm: str) -> None:
    """Gives a layer a convolution's kernel with the batch norm after it."""
    kernel = tensors[f"{conv}.weight"]
    gamma, beta, mean, variance = (
        tensors[f"{norm}.{part}"]
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gamma / (variance + EPSILON) ** 0.5
    # PyTorch's [out, in, h, w] to Keras' [h, w, in, out]; a depthwise kernel
    # [channels, 1, h, w] to [h, w, channels, 1].
    kernel = kernel * scale[:, None, None, None]
    depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
    kernel = kernel.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
    layer.set_weights([kernel, beta - mean * scale])

"""The DCGAN networks: generator, Siamese and stacked discriminators.

Source: paper, section 3.2 and appendix; widths and kernels of the reference.
"""

import abc
import math

import keras

from sdgan_tf.models.convolutions import Conv2D, Conv2DTranspose
from sdgan_tf.models.layers import (
    BatchNormalization,
    GroupedBatchNormalization,
    check_dim,
    check_image_size,
    conv_kernel_initializer,
)

MAX_WIDTH = 8  # In multiples of `dim`.


def stage_widths(image_size: int, dim: int) -> list[int]:
    """Channels of each stride-2 stage, from the image inwards.

    The number of stages is log2(image_size) - 2 and no width passes 8 * dim:
    64 gives dim * (1, 2, 4, 8), 128 repeats the last, 32 drops it.

    Raises:
        ValueError: If `image_size` is not supported or `dim` is not positive.
    """
    check_image_size(image_size)
    check_dim(dim)
    stages = int(math.log2(image_size)) - 2
    return [dim * min(2**stage, MAX_WIDTH) for stage in range(stages)]


class DCGANNetwork(keras.Model):
    """The arguments that the DCGAN networks share, and their config.

    Args:
        image_size: 32, 64, 128 or 256.
        dim: Width of the stage next to the image.
        synchronized: Whether batch norm takes its statistics over all replicas
            (TensorFlow only).
        spectral: Whether a discriminator's kernels are divided by their
            largest singular value when it is called for training.
        dtype: Keras' dtype policy of all layers.
    """

    def __init__(
        self,
        image_size: int = 64,
        dim: int = 64,
        synchronized: bool = False,
        spectral: bool = False,
        dtype=None,
        name: str | None = None,
    ):
        super().__init__(dtype=dtype, name=name)
        self.widths = stage_widths(image_size, dim)
        self.image_size = image_size
        self.dim = dim
        self.synchronized = synchronized
        self.spectral = spectral

    def normalized(self, layer: keras.layers.Layer) -> keras.layers.Layer:
        """A layer, under spectral normalisation where that is asked for."""
        if not self.spectral:
            return layer
        return keras.layers.SpectralNormalization(
            layer, dtype=layer.dtype_policy
        )

    def downconvs(self, dtype) -> list[keras.layers.Layer]:
        """The 5x5 stride-2 convolutions from an image inwards."""
        return [
            self.normalized(Conv2D(filters, 5, dtype))
            for filters in self.widths
        ]

    def batch_norms(self, count: int, dtype) -> list[keras.layers.Layer]:
        """Batch norms with moving statistics, for what is run afterwards."""
        return [
            BatchNormalization(
                momentum=0.99,
                epsilon=1e-3,
                synchronized=self.synchronized,
                dtype=dtype,
            )
            for _ in range(count)
        ]

    def get_config(self):
        return {
            "image_size": self.image_size,
            "dim": self.dim,
            "synchronized": self.synchronized,
            "spectral": self.spectral,
            "dtype": self.dtype_policy.name,
            "name": self.name,
        }


class DCGANGenerator(DCGANNetwork):
    """Codes `[n, d_z]` to images `[n, h, w, 3]`, float32 in [-1, 1].

    Args: those of `DCGANNetwork`.
    """

    def __init__(self, *args, dtype=None, name: str = "generator", **kwargs):
        super().__init__(*args, dtype=dtype, name=name, **kwargs)
        widths = self.widths[::-1]
        self.project = keras.layers.Dense(
            4 * 4 * widths[0],
            kernel_initializer=conv_kernel_initializer(),
            dtype=dtype,
        )
        self.reshape = keras.layers.Reshape((4, 4, widths[0]), dtype=dtype)
        self.upconvs = [
            Conv2DTranspose(filters, dtype) for filters in [*widths[1:], 3]
        ]
        self.norms = self.batch_norms(len(widths), dtype)

    def call(self, z, training=False):
        x = self.reshape(self.project(z))
        for norm, upconv in zip(self.norms, self.upconvs, strict=True):
            x = upconv(keras.ops.relu(norm(x, training=training)))
        # tanh in float32: the 8 bits of bfloat16 would band the picture.
        return keras.ops.tanh(keras.ops.cast(x, "float32"))


class DCGANEncoder(DCGANNetwork):
    """Images `[num_batches * b, h, w, c]` to 4x4 feature maps.

    Args: those of `DCGANNetwork`.
    """

    def __init__(self, *args, dtype=None, name: str = "encoder", **kwargs):
        super().__init__(*args, dtype=dtype, name=name, **kwargs)
        self.convs = self.downconvs(dtype)
        self.norms = [
            GroupedBatchNormalization(
                synchronized=self.synchronized, dtype=dtype
            )
            for _ in self.widths[1:]
        ]

    def call(self, images, num_batches=1):
        x = keras.ops.leaky_relu(self.convs[0](images), 0.2)
        for conv, norm in zip(self.convs[1:], self.norms, strict=True):
            x = norm(conv(x), num_batches=num_batches)
            x = keras.ops.leaky_relu(x, 0.2)
        return x


class CollatingHead(DCGANNetwork):
    """The maps of a tuple's images `[n, 4, 4, c]` to features `[n, f]`.

    A 3x3 stride-2 convolution, where the images of a tuple meet at last;
    f = 2 * 2 * 8 * dim.

    Args: those of `DCGANNetwork`.
    """

    def __init__(self, *args, dtype=None, name: str = "head", **kwargs):
        super().__init__(*args, dtype=dtype, name=name, **kwargs)
        self.collate = self.normalized(Conv2D(MAX_WIDTH * self.dim, 3, dtype))
        self.norm = GroupedBatchNormalization(
            synchronized=self.synchronized, dtype=dtype
        )
        self.flatten = keras.layers.Flatten(dtype=dtype)

    def call(self, maps, num_batches=1):
        x = self.norm(self.collate(maps), num_batches=num_batches)
        return self.flatten(keras.ops.leaky_relu(x, 0.2))


class DCGANDiscriminator(DCGANNetwork, abc.ABC):
    """Scores image tuples `[n, k, h, w, c]` in [-1, 1]: one logit each, `[n]`.

    Subclasses say where the k images of a tuple meet; the collating head and
    the dense layer are the same.

    Args: those of `DCGANNetwork`.
    """

    def __init__(
        self, *args, dtype=None, name: str = "discriminator", **kwargs
    ):
        super().__init__(*args, dtype=dtype, name=name, **kwargs)
        # Not self.get_config(): a subclass adds to it what it sets afterwards.
        network = DCGANNetwork.get_config(self)
        del network["name"]
        self.encoder = DCGANEncoder(**network)
        self.head = CollatingHead(**network)
        self.logit = self.classifier(1, dtype)

    def classifier(self, classes: int, dtype) -> keras.layers.Layer:
        """A dense layer from a head's features to logits."""
        return self.normalized(
            keras.layers.Dense(
                classes,
                kernel_initializer=conv_kernel_initializer(),
                dtype=dtype,
            )
        )

    @abc.abstractmethod
    def encode(self, tuples, num_batches):
        """Encodes tuples `[n, k, h, w, c]` to the maps that are collated."""

    def call(self, tuples, num_batches=1, training=False):
        """Scores `num_batches` equal batches that lie one after another.

        Args:
            tuples: `[num_batches * b, k, h, w, c]`, for example a batch of
                real tuples followed by one of fake ones. Each is normalised
                by its own statistics, as if it were alone.
            num_batches: How many batches `tuples` holds.
            training: Whether spectral normalisation, if there is one, does
                its step before; Keras hands it on to those layers.

        Returns:
            Logits `[num_batches * b]`, float32.
        """
        x = self.head(self.encode(tuples, num_batches), num_batches=num_batches)
        return keras.ops.cast(self.logit(x)[:, 0], "float32")


class SiameseDiscriminator(DCGANDiscriminator):
    """One encoder sees each image; the k feature maps are stacked after it.

    Source: paper, section 3.2; with k = 1 it is the vanilla DCGAN's.
    """

    def encode(self, tuples, num_batches):
        ops = keras.ops
        n, k = num_batches, tuples.shape[1]
        # The towers run as one batch of all images: larger products. The
        # first images of a batch's tuples lie together, then the second ones,
        # so that each is normalised by its own statistics.
        x = ops.reshape(tuples, (n, -1, *tuples.shape[1:]))
        x = ops.reshape(ops.swapaxes(x, 1, 2), (-1, *tuples.shape[2:]))
        x = self.encoder(x, num_batches=n * k)
        _, h, w, c = x.shape
        x = ops.transpose(
            ops.reshape(x, (n, k, -1, h, w, c)), (0, 2, 3, 4, 1, 5)
        )
        return ops.reshape(x, (-1, h, w, k * c))


class StackedDiscriminator(DCGANDiscriminator):
    """The k images are stacked on channels before one encoder.

    Source: paper, section 3.2.
    """

    def encode(self, tuples, num_batches):
        _, k, h, w, c = tuples.shape
        ops = keras.ops
        x = ops.transpose(tuples, (0, 2, 3, 1, 4))
        return self.encoder(
            ops.reshape(x, (-1, h, w, k * c)), num_batches=num_batches
        )


DISCRIMINATORS = {
    "siamese": SiameseDiscriminator,
    "stacked": StackedDiscriminator,
}

"""The BEGAN networks: generator and the autoencoders that discriminate.

Source: Berthelot et al. 2017, arXiv 1703.10717, and the SD-BEGAN of the paper,
section 3.2 and appendix. Kernels are Glorot-uniform, biases zero.
"""

import abc
import math

import keras

from sdgan_tf.models.layers import Conv2D, check_dim

BASE_SIDE = 8  # Pixels of the innermost feature maps.


def num_blocks(image_size: int) -> int:
    """Blocks of two convolutions from 8x8 to the image: 32 3, 64 4, 128 5.

    Raises:
        ValueError: If `image_size` is no power of two of at least 16.
    """
    blocks = int(math.log2(image_size)) - 2 if image_size > 0 else 0
    if blocks < 2 or 2 ** (blocks + 2) != image_size:
        raise ValueError(
            "`image_size` must be a power of two, at least 16. "
            f"Received: image_size={image_size}"
        )
    return blocks


def conv(filters: int, strides: int = 1, activation="elu", dtype=None):
    """A 3x3 convolution as all BEGAN networks use it."""
    return Conv2D(
        filters,
        3,
        strides=strides,
        padding="same",
        activation=activation,
        dtype=dtype,
    )


class BEGANGenerator(keras.Model):
    """Codes `[n, d]` to images `[n, h, w, channels]`, float32, not bounded.

    The autoencoder's decoder is one of these too.

    Args:
        image_size: 32, 64, 128 or 256.
        dim: Channels of each hidden layer (the paper's n).
        channels: Channels of the image.
        dtype: Keras' dtype policy of all layers.

    Raises:
        ValueError: If `image_size` is not supported or `dim` is not positive.
    """

    def __init__(
        self,
        image_size: int = 64,
        dim: int = 128,
        channels: int = 3,
        dtype=None,
        name: str = "generator",
    ):
        super().__init__(dtype=dtype, name=name)
        check_dim(dim)
        self.image_size = image_size
        self.dim = dim
        self.channels = channels
        self.project = keras.layers.Dense(
            BASE_SIDE * BASE_SIDE * dim, dtype=dtype
        )
        # The units of `project` lie channel by channel, as the reference's do,
        # so that its weights fit.
        self.maps = keras.layers.Reshape(
            (dim, BASE_SIDE, BASE_SIDE), dtype=dtype
        )
        self.channels_last = keras.layers.Permute((2, 3, 1), dtype=dtype)
        self.convs = [
            conv(dim, dtype=dtype) for _ in range(2 * num_blocks(image_size))
        ]
        self.upsample = keras.layers.UpSampling2D(2, dtype=dtype)
        self.to_image = conv(channels, activation=None, dtype=dtype)

    def call(self, codes):
        x = self.channels_last(self.maps(self.project(codes)))
        for number, layer in enumerate(self.convs):
            if number and number % 2 == 0:
                x = self.upsample(x)
            x = layer(x)
        return keras.ops.cast(self.to_image(x), "float32")

    def get_config(self):
        return {
            "image_size": self.image_size,
            "dim": self.dim,
            "channels": self.channels,
            "dtype": self.dtype_policy.name,
            "name": self.name,
        }


class BEGANEncoder(keras.Model):
    """Images `[n, h, w, c]` to codes `[n, d_code]`.

    Block j has j * dim channels and ends, but for the last one, in a stride-2
    convolution.

    Args:
        image_size: 32, 64, 128 or 256.
        dim: Channels of the first block.
        d_code: Size of the code.
        dtype: Keras' dtype policy of all layers.

    Raises:
        ValueError: If `image_size` is not supported or `dim` is not positive.
    """

    def __init__(
        self,
        image_size: int = 64,
        dim: int = 128,
        d_code: int = 100,
        dtype=None,
        name: str = "encoder",
    ):
        super().__init__(dtype=dtype, name=name)
        check_dim(dim)
        self.image_size = image_size
        self.dim = dim
        self.d_code = d_code
        blocks = num_blocks(image_size)
        self.convs = [conv(dim, activation=None, dtype=dtype)]
        for block in range(1, blocks + 1):
            self.convs += [conv(block * dim, dtype=dtype) for _ in range(2)]
            if block < blocks:
                self.convs.append(conv(block * dim, strides=2, dtype=dtype))
        # Flattened channel by channel, as the reference's, so that its weights
        # fit `to_code`.
        self.channels_first = keras.layers.Permute((3, 1, 2), dtype=dtype)
        self.flatten = keras.layers.Flatten(dtype=dtype)
        self.to_code = keras.layers.Dense(d_code, dtype=dtype)

    def call(self, images):
        x = images
        for layer in self.convs:
            x = layer(x)
        return self.to_code(self.flatten(self.channels_first(x)))

    def get_config(self):
        return {
            "image_size": self.image_size,
            "dim": self.dim,
            "d_code": self.d_code,
            "dtype": self.dtype_policy.name,
            "name": self.name,
        }


class BEGANAutoencoder(keras.Model, abc.ABC):
    """Reconstructs image tuples `[n, k, h, w, 3]`, float32.

    Subclasses say where the k images of a tuple meet.

    Args:
        image_size: 32, 64, 128 or 256.
        dim: Channels of the first block of the encoder and of the decoder.
        k: Images in a tuple.
        d_i: Size of the identity code.
        d_o: Size of the observation code.
        dtype: Keras' dtype policy of all layers.

    Raises:
        ValueError: If `image_size` is not supported or `dim` is not positive.
    """

    def __init__(
        self,
        image_size: int = 64,
        dim: int = 128,
        k: int = 2,
        d_i: int = 50,
        d_o: int = 50,
        dtype=None,
        name: str = "discriminator",
    ):
        super().__init__(dtype=dtype, name=name)
        self.image_size = image_size
        self.dim = dim
        self.k = k
        self.d_i = d_i
        self.d_o = d_o

    @abc.abstractmethod
    def call(self, tuples):
        """Reconstructs tuples `[n, k, h, w, 3]`."""

    @property
    def d_tuple(self) -> int:
        """Numbers in the latent code of a whole tuple: d_i + k * d_o."""
        return self.d_i + self.k * self.d_o

    def coders(self, d_code: int, channels: int, dtype):
        """An encoder to `d_code` numbers and a decoder to `channels`."""
        return (
            BEGANEncoder(self.image_size, self.dim, d_code, dtype=dtype),
            BEGANGenerator(
                self.image_size, self.dim, channels, dtype=dtype, name="decoder"
            ),
        )

    def get_config(self):
        return {
            "image_size": self.image_size,
            "dim": self.dim,
            "k": self.k,
            "d_i": self.d_i,
            "d_o": self.d_o,
            "dtype": self.dtype_policy.name,
            "name": self.name,
        }


class SiameseAutoencoder(BEGANAutoencoder):
    """One encoder and one decoder for each image, one bottleneck for all.

    The k codes meet in a bottleneck of d_i + k * d_o units, the size of the
    latent code that generates a tuple. k = 1 is the vanilla BEGAN's, which has
    no layers between code and decoder.

    Args: those of `BEGANAutoencoder`.
    """

    def __init__(self, *args, dtype=None, **kwargs):
        super().__init__(*args, dtype=dtype, **kwargs)
        d_code = self.d_i + self.d_o
        self.encoder, self.decoder = self.coders(d_code, 3, dtype)
        self.bottleneck, self.splits = None, []
        if self.k > 1:
            self.bottleneck = keras.layers.Dense(self.d_tuple, dtype=dtype)
            # One layer an image: each has a Glorot range of its own.
            self.splits = [
                keras.layers.Dense(d_code, dtype=dtype) for _ in range(self.k)
            ]

    def call(self, tuples):
        ops = keras.ops
        _, k, h, w, c = tuples.shape
        # The towers run as one batch of n * k images: larger products.
        codes = self.encoder(ops.reshape(tuples, (-1, h, w, c)))
        if self.bottleneck is not None:
            shared = self.bottleneck(
                ops.reshape(codes, (-1, k * codes.shape[-1]))
            )
            codes = ops.stack([split(shared) for split in self.splits], axis=1)
            codes = ops.reshape(codes, (-1, codes.shape[-1]))
        return ops.reshape(self.decoder(codes), (-1, k, h, w, c))


class StackedAutoencoder(BEGANAutoencoder):
    """One autoencoder over the tuple's images, stacked on channels.

    Its code has d_i + k * d_o numbers.

    Args: those of `BEGANAutoencoder`.
    """

    def __init__(self, *args, dtype=None, **kwargs):
        super().__init__(*args, dtype=dtype, **kwargs)
        self.encoder, self.decoder = self.coders(
            self.d_tuple, 3 * self.k, dtype
        )

    def call(self, tuples):
        ops = keras.ops
        _, k, h, w, c = tuples.shape
        x = ops.transpose(tuples, (0, 2, 3, 1, 4))
        x = self.decoder(self.encoder(ops.reshape(x, (-1, h, w, k * c))))
        return ops.transpose(ops.reshape(x, (-1, h, w, k, c)), (0, 3, 1, 2, 4))


AUTOENCODERS = {
    "siamese": SiameseAutoencoder,
    "stacked": StackedAutoencoder,
}

"""DCGAN networks conditioned on training identities, one by one.

Source: paper, section 4 (AC-DCGAN) and appendix (identity embedding, encoder,
DR-GAN).
"""

import keras

from sdgan_tf.models.dcgan import (
    DCGANGenerator,
    DCGANNetwork,
    SiameseDiscriminator,
)
from sdgan_tf.models.layers import conv_kernel_initializer


class IdentityGenerator(DCGANGenerator):
    """A generator that carries the codes z_i of subjects.

    It maps codes as `DCGANGenerator` does; which z_i belongs to whom is
    `identities`.

    Args:
        num_identities: Subjects.
        d_i: Size of a code.
        Others: those of `DCGANNetwork`.

    Attributes:
        identities: The codes, `[num_identities, d_i]`.
    """

    learned = False  # Whether the codes are trained.

    def __init__(
        self, *args, num_identities: int, d_i: int, dtype=None, **kwargs
    ):
        super().__init__(*args, dtype=dtype, **kwargs)
        # Embedded codes start as SD-GAN's prior is.
        self.identities = self.add_weight(
            shape=(num_identities, d_i),
            initializer=keras.initializers.RandomUniform(-1.0, 1.0)
            if self.learned
            else "zeros",
            trainable=self.learned,
            name="identities",
        )

    def get_config(self):
        num_identities, d_i = self.identities.shape
        return {
            **super().get_config(),
            "num_identities": num_identities,
            "d_i": d_i,
        }


class EmbeddingGenerator(IdentityGenerator):
    """The codes are a learned embedding of the training identities."""

    learned = True


class ImageEncoder(DCGANNetwork):
    """Images `[n, h, w, 3]` in [-1, 1] to identity codes `[n, d_i]`.

    The discriminator's convolutions, the last one projected linearly. Its
    batch norms keep moving statistics: it is used after the training too.

    Args:
        d_i: Size of a code.
        Others: those of `DCGANNetwork`.
    """

    def __init__(
        self, *args, d_i: int, dtype=None, name: str = "encoder", **kwargs
    ):
        super().__init__(*args, dtype=dtype, name=name, **kwargs)
        self.d_i = d_i
        self.convs = self.downconvs(dtype)
        self.norms = self.batch_norms(len(self.widths) - 1, dtype)
        self.flatten = keras.layers.Flatten(dtype=dtype)
        self.project = keras.layers.Dense(
            d_i, kernel_initializer=conv_kernel_initializer(), dtype=dtype
        )

    def call(self, images, training=False):
        x = keras.ops.leaky_relu(self.convs[0](images), 0.2)
        for conv, norm in zip(self.convs[1:], self.norms, strict=True):
            x = keras.ops.leaky_relu(norm(conv(x), training=training), 0.2)
        return keras.ops.cast(self.project(self.flatten(x)), "float32")

    def get_config(self):
        return {**super().get_config(), "d_i": self.d_i}


class EncodingGenerator(IdentityGenerator):
    """The codes come from an encoder of photographs.

    Those that it carries, of one photograph of each of some training
    identities, are there so that it can be sampled without any.

    Attributes:
        encoder: Images to z_i.
    """

    def __init__(self, *args, d_i: int, dtype=None, **kwargs):
        super().__init__(*args, d_i=d_i, dtype=dtype, **kwargs)
        size = self.image_size
        self.encoder = ImageEncoder(
            size,
            self.dim,
            d_i=d_i,
            synchronized=self.synchronized,
            dtype=dtype,
        )
        self.encoder(keras.ops.zeros((1, size, size, 3)))


class AuxiliaryDiscriminator(SiameseDiscriminator):
    """Tells real from generated, and which training identity is seen.

    Args:
        num_identities: Classes.
        Others: those of `DCGANNetwork`.
    """

    def __init__(self, *args, num_identities: int, dtype=None, **kwargs):
        super().__init__(*args, dtype=dtype, **kwargs)
        self.num_identities = num_identities
        self.identity = self.classifier(num_identities, dtype)

    def call(self, tuples, num_batches=1, training=False):
        """As `DCGANDiscriminator`, with a logit of each identity beside.

        Returns:
            Logits `[n]` and identity logits `[n, num_identities]`, float32.
        """
        x = self.head(self.encode(tuples, num_batches), num_batches=num_batches)
        return (
            keras.ops.cast(self.logit(x)[:, 0], "float32"),
            keras.ops.cast(self.identity(x), "float32"),
        )

    def get_config(self):
        return {**super().get_config(), "num_identities": self.num_identities}

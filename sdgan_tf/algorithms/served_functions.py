"""Functions that trained networks are served by, beside pictures of codes.

An algorithm names its own in `generator_signatures` and `signatures`; the
exporter adds those that every generator has.
"""

import dataclasses
from collections.abc import Callable

import keras
import tensorflow as tf

from sdgan_tf.latents import LatentSpace
from sdgan_tf.models.began import BEGANAutoencoder
from sdgan_tf.models.identity_conditional import EncodingGenerator


@dataclasses.dataclass(frozen=True)
class Signature:
    """A function of an exported model.

    Attributes:
        function: Tensors, in the order of `inputs`, to tensors by name.
        inputs: Names, shapes and types of the tensors.
        batchable: Whether the rows of all tensors belong together, so that a
            server may join the requests of several clients.
    """

    function: Callable[..., dict[str, tf.Tensor]]
    inputs: tuple[tf.TensorSpec, ...]
    batchable: bool = False


def embed(generator: keras.Model, latents) -> dict[str, Signature]:
    """`embed`: rows of the training identities to their z_i.

    Args:
        generator: Any.
        latents: An `IdentityEmbedding`.
    """
    del generator

    def embed(rows):
        return {"z_i": latents.look_up(rows)}

    inputs = (tf.TensorSpec([None], tf.int64, "rows"),)
    return {"embed": Signature(embed, inputs, True)}


def encode(
    generator: EncodingGenerator, latents: LatentSpace
) -> dict[str, Signature]:
    """`encode`: photographs in [-1, 1] to their z_i."""
    del latents

    def encode(images):
        return {"z_i": generator.encoder(images, training=False)}

    size = generator.image_size
    inputs = (tf.TensorSpec([None, size, size, 3], tf.float32, "images"),)
    return {"encode": Signature(encode, inputs, True)}


def reconstruct(autoencoder: BEGANAutoencoder) -> dict[str, Signature]:
    """`reconstruct`: a tuple in [-1, 1] as the autoencoder returns it."""
    k, size = autoencoder.k, autoencoder.image_size

    def reconstruct(pair):
        return {"images": tf.clip_by_value(autoencoder(pair), -1.0, 1.0)}

    inputs = (tf.TensorSpec([None, k, size, size, 3], tf.float32, "pair"),)
    return {"reconstruct": Signature(reconstruct, inputs, True)}

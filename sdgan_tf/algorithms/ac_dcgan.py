"""AC-DCGAN: an auxiliary classifier tells the training identities apart."""

import logging

import keras
import tensorflow as tf

from sdgan_tf import losses
from sdgan_tf.algorithms.embedding_pairwise import EmbeddingPairwise
from sdgan_tf.algorithms.sd_gan import SDGAN, network_options
from sdgan_tf.config import Experiment
from sdgan_tf.models.identity_conditional import AuxiliaryDiscriminator

# A softmax over the identities that needs more memory is warned of.
LARGE_SOFTMAX_GB = 1.0
# Weights, gradients and Adam's two moments.
COPIES = 4


def softmax_memory_gb(experiment: Experiment) -> float:
    """The memory to train D's dense layer over the identities, in 1e9 bytes.

    Without the activations, which are small.
    """
    features = 2 * 2 * 8 * experiment.dim
    return COPIES * 4 * (features + 1) * experiment.known_identities / 1e9


class AuxiliaryClassifier(SDGAN):
    """D sees one image and says whose it is; G is to be recognised too.

    Source: paper, section 4, after Odena et al. 2017, arXiv 1610.09585: the
    identity's cross-entropy is added to D's loss on real and generated images
    and to G's on generated ones. Here D's is the mean over both, as the
    adversarial loss is.
    """

    scalars = (
        *SDGAN.scalars,
        "loss/discriminator_auxiliary",
        "loss/generator_auxiliary",
    )

    @staticmethod
    def build_discriminator(experiment: Experiment) -> keras.Model:
        memory = softmax_memory_gb(experiment)
        if memory > LARGE_SOFTMAX_GB:
            logging.warning(
                "The auxiliary softmax over %s identities is one dense layer: "
                "its training takes %.1f GB (weights, gradients, optimizer). "
                "SD-GAN's memory does not grow with the identities.",
                f"{experiment.known_identities:,}",
                memory,
            )
        return AuxiliaryDiscriminator(
            **network_options(experiment),
            spectral=experiment.spectral_norm,
            num_identities=experiment.known_identities,
        )

    def discriminate(
        self, tuples, rows, num_batches=1, training=False
    ) -> tuple:
        logits, identities = self.d(
            tuples, num_batches=num_batches, training=training
        )
        rows = tf.concat(rows, axis=0)
        return logits, losses.identity_loss(identities, rows)

    def logits(self, tuples) -> tf.Tensor:
        return self.d(tuples)[0]


class ACDCGAN(AuxiliaryClassifier, EmbeddingPairwise):
    """The auxiliary classifier with embedded identities; k is 1.

    Source: paper, section 4. Memory grows with the identities, by
    d_i + 2 * 2 * 8 * dim + 1 weights each.
    """

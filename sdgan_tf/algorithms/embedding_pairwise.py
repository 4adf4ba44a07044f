"""Learned codes of the training identities, discriminated in pairs."""

import keras

from sdgan_tf.algorithms import served_functions
from sdgan_tf.algorithms.sd_gan import SDGAN, network_options
from sdgan_tf.config import Experiment
from sdgan_tf.identity_embedding import IdentityEmbedding, identity_embedding
from sdgan_tf.models.identity_conditional import EmbeddingGenerator


class EmbeddingPairwise(SDGAN):
    """SD-GAN whose z_i are rows of a learned embedding.

    Real tuples of an identity stand against generated ones of the same
    embedded identity; D is not told which.

    Source: paper, appendix, identity embedding with pairwise discrimination.
    """

    @staticmethod
    def build_generator(experiment: Experiment) -> keras.Model:
        return EmbeddingGenerator(
            **network_options(experiment),
            num_identities=experiment.known_identities,
            d_i=experiment.d_i,
        )

    latents: IdentityEmbedding
    latent_space = staticmethod(identity_embedding)
    generator_signatures = staticmethod(served_functions.embed)

    def fake_tuples(self, batch, key) -> tuple:
        n, k = batch["images"].shape[:2]
        rows = self.replica_rows(n, lambda total: self.latents.rows(key, total))
        z_o = self.replica_rows(
            n, lambda total: self.latents.observations(key, total, k)
        )
        z = self.latents.observed(self.latents.look_up(rows), z_o)
        return self.generate(z), rows

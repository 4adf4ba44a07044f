"""Codes of photographs by an encoder, discriminated in pairs."""

import keras
import tensorflow as tf

from sdgan_tf.algorithms import flops, served_functions
from sdgan_tf.algorithms.sd_gan import SDGAN, network_options
from sdgan_tf.config import Experiment
from sdgan_tf.identity_embedding import IdentityEmbedding, identity_embedding
from sdgan_tf.models.identity_conditional import EncodingGenerator

# Subjects whose codes a generator carries along, at most.
CARRIED = 1024
ENCODED_AT_ONCE = 64


class EncoderPairwise(SDGAN):
    """Two photographs of one subject, or one and a fake made from it.

    z_i is what an encoder, trained with the generator, makes of the first
    photograph of a tuple.

    Source: paper, appendix, encoder-decoder with pairwise discrimination.
    """

    # Images generated for a tuple; photographs are the others.
    fakes_per_tuple = 1

    def __init__(self, experiment: Experiment):
        super().__init__(experiment)
        self.photographs_wanted = self.generator.identities.shape[0]

    @staticmethod
    def build_generator(experiment: Experiment) -> keras.Model:
        return EncodingGenerator(
            **network_options(experiment),
            num_identities=min(experiment.known_identities, CARRIED),
            d_i=experiment.d_i,
        )

    latents: IdentityEmbedding
    latent_space = staticmethod(identity_embedding)
    generator_signatures = staticmethod(served_functions.encode)

    def fake_tuples(self, batch, key) -> tuple:
        real = self.real(batch["images"])
        fakes = self.fakes_of(real, key)
        return tf.concat([real[:, :1], fakes], 1), batch["row"]

    def fakes_of(self, real, key) -> tf.Tensor:
        """Makes fakes `[n, fakes_per_tuple, ...]` of each first photograph."""
        z_i = self.generator.encoder(real[:, 0], training=True)
        z_o = self.replica_rows(
            real.shape[0],
            lambda total: self.latents.observations(
                key, total, self.fakes_per_tuple
            ),
        )
        return self.generate(self.latents.observed(z_i, z_o))

    def refresh(self) -> None:
        """Encodes a photograph of each subject that the generators carry."""
        if self.photographs is None:
            return
        images = self.real(self.photographs)
        for generator in {self.generator, self.sampler}:
            codes = [
                generator.encoder(images[n : n + ENCODED_AT_ONCE])
                for n in range(0, len(images), ENCODED_AT_ONCE)
            ]
            generator.identities.assign(tf.concat(codes, axis=0))

    def fake_flops(self) -> tuple[int, int]:
        size = self.generator.image_size
        g, g_first = flops.generated_tuple(
            self.generator, self.fakes_per_tuple, self.latents.d_z
        )
        e, e_first = flops.forward(
            self.generator.encoder, flops.zeros(1, size, size, 3)
        )
        return g + e, g_first + e_first

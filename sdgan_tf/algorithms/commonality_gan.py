"""SD-GAN with more than one commonality: z = [z_1; ...; z_m; z_o]."""

import dataclasses
from typing import Self

import keras
import numpy as np
import tensorflow as tf

from data_pipeline.tuples.commonalities import Commonalities
from sdgan_tf.algorithms.sd_gan import SDGAN, network_options
from sdgan_tf.config import Experiment
from sdgan_tf.latents import LatentSpace, uniform
from sdgan_tf.models.commonality_discriminator import CommonalityDiscriminator


@dataclasses.dataclass(frozen=True)
class CommonalityCodes(LatentSpace):
    """z_i is a code of each commonality, one after another.

    Attributes:
        commonalities: Their names and the kinds of tuples.
    """

    commonalities: Commonalities

    @classmethod
    def of(cls, experiment: Experiment) -> Self:
        """The latent space of an experiment with commonalities."""
        commonalities = Commonalities.parse(experiment.commonalities)
        d_i = experiment.d_i * len(commonalities.names)
        return cls(d_i, experiment.d_o, commonalities)

    @property
    def parts(self) -> dict[str, slice]:
        names = self.commonalities.names
        size = self.d_i // len(names)
        return {
            name: slice(n * size, (n + 1) * size)
            for n, name in enumerate(names)
        }

    def grid_of(self, part: str, seed: int, rows: int, columns: int):
        plain = tf.reshape(
            super().grid_of(part, seed, rows, columns), [rows, columns, -1]
        )
        # The other parts go along with z_o.
        z_i, _ = self.codes(seed + 1, columns, 1)
        own = np.zeros([self.d_z], bool)
        own[self.parts[part]] = True
        own[self.d_i :] = True
        z = tf.where(own, plain, tf.pad(z_i, [[0, 0], [0, self.d_o]])[None])
        return tf.reshape(z, [-1, self.d_z])

    def kinds_in_turn(self, key, n: int, k: int) -> tf.Tensor:
        """Codes `[n, k, d_z]`; tuple t shares what kind t % kinds agrees in.

        All else is sampled for each image.
        """
        shared = self.commonalities.shared
        size = self.d_i // shared.shape[1]
        codes = uniform(key, [n, k + 1, self.d_z])
        for_all, own = codes[:, :1], codes[:, 1:]
        common = tf.repeat(tf.constant(shared), size, axis=1)
        common = tf.pad(common, [[0, 0], [0, self.d_o]])
        turns = tf.tile(common, [n // len(shared), 1])
        return tf.where(turns[:, None], for_all, own)


class CommonalityGAN(SDGAN):
    """SD-DCGAN on tuples that agree in one of several factors, or in some.

    The paper names it as future work; this is ours. D has one encoder and a
    collating head for each kind: without being told the kind, it could not
    tell which code is to decide what.
    """

    def __init__(self, experiment: Experiment):
        if experiment.discriminator != "siamese":
            raise ValueError(
                "`commonalities` needs discriminator='siamese', whose encoder "
                "all kinds of tuples share. Received: discriminator="
                f"{experiment.discriminator!r}"
            )
        kinds = Commonalities.parse(experiment.commonalities).kinds
        self.kinds = len(kinds)
        super().__init__(experiment)

    latents: CommonalityCodes

    @staticmethod
    def latent_space(
        experiment: Experiment, generator: keras.Model
    ) -> CommonalityCodes:
        del generator
        return CommonalityCodes.of(experiment)

    @staticmethod
    def build_discriminator(experiment: Experiment) -> keras.Model:
        kinds = Commonalities.parse(experiment.commonalities).kinds
        return CommonalityDiscriminator(
            **network_options(experiment),
            spectral=experiment.spectral_norm,
            kinds=len(kinds),
        )

    def real(self, images) -> tf.Tensor:
        return super().real(self.by_kind(images))

    def tuples(self, key, n: int, k: int) -> tf.Tensor:
        codes = self.replica_rows(
            n, lambda total: self.latents.kinds_in_turn(key, total, k)
        )
        return self.by_kind(codes)

    def by_kind(self, tuples) -> tf.Tensor:
        """Tuples whose kinds take turns, one kind after another instead."""
        rest = tuples.shape[1:]
        turns = tf.reshape(tuples, [-1, self.kinds, *rest])
        axes = range(2, len(turns.shape))
        return tf.reshape(tf.transpose(turns, [1, 0, *axes]), [-1, *rest])

"""Algorithm 1 with discriminators on the features of a frozen network."""

import jax
import jax.numpy as jnp
import keras

from sdgan_tf import augmentation, losses, objectives
from sdgan_tf.algorithms import flops
from sdgan_tf.config import Experiment
from sdgan_tf.features.networks import build_features
from sdgan_tf.jax.system import System
from sdgan_tf.models.projected_generator import (
    ProjectedGenerator,
    measure_statistics,
)
from sdgan_tf.pixels import BEGAN_PIXELS


class SDProjected(System):
    """Algorithm 1 on the features of a frozen network."""

    pixels = BEGAN_PIXELS

    def __init__(self, experiment: Experiment):
        e = experiment
        self.objective = objectives.ProjectedObjective.of(e)
        self.new_optimizer = losses.GAN_LOSSES[e.loss].optimizer
        self.augmentation = augmentation.AUGMENTATIONS[e.augment]
        self.features = build_features(e.features, e.image_size, e.precision)
        super().__init__(
            e,
            ProjectedGenerator(e.image_size, e.dim, dtype=e.precision),
            objectives.projected_discriminator(e, self.features.side),
        )

    def build(self, discriminator, tuples) -> None:
        discriminator(objectives.see(tuples, self.features, discriminator))

    def finish(self, generator: keras.Model) -> None:
        if self.experiment.average_decay:
            z = self.codes(
                jax.random.key(self.experiment.seed),
                objectives.STATISTICS_CODES,
            )
            measure_statistics(generator, z[:, 0], objectives.STATISTICS_BATCH)

    def sample_numbers(self, key, n: int) -> dict:
        """Samples the random numbers of one step."""
        keys, k = jax.random.split(key, 4), self.experiment.k
        numbers = [
            jax.random.uniform(key, [n, k, augmentation.NUMBERS])
            for key in keys[:2]
        ]
        return {
            "g_codes": self.codes(keys[2], n),
            "augmentation": numbers,
            "mirror": jax.random.uniform(keys[3], [n, k]),
        }

    def see(self, tuples) -> list:
        """Tuples `[n, k, h, w, c]` to what D sees of their images."""
        return objectives.see(tuples, self.features, self.d.network)

    def step(self, state: dict, real, sampled: dict) -> tuple:
        """The state after an update of D and one of G, and their losses."""
        e, g, d = self.experiment, state["generator"], state["discriminator"]
        augment = self.augmentation or (lambda tuples, numbers: tuples)
        numbers = sampled["augmentation"]
        if e.mirror:
            real = augmentation.mirrored(real, sampled["mirror"])
        real_maps = self.see(augment(real, numbers[0]))

        def seen(trainable):
            fake, fixed = self.generate(trainable, g, sampled["g_codes"])
            return self.see(augment(fake, numbers[1])), fixed

        fake_maps, back, g_fixed = jax.vjp(seen, g["trainable"], has_aux=True)
        both = [
            jnp.concatenate(maps)
            for maps in zip(real_maps, fake_maps, strict=True)
        ]

        def d_loss(trainable):
            logits, fixed = self.d.call(
                trainable,
                d,
                both,
                num_batches=2,
                mismatch=self.objective.mismatches,
            )
            loss, scores = self.objective.discriminator_loss(
                logits, sampled["row"]
            )
            return loss, (scores, fixed)

        (of_d, (scores, d_fixed)), gradients = jax.value_and_grad(
            d_loss, has_aux=True
        )(d["trainable"])
        d = self.d.moved(d, gradients, d_fixed)

        def g_loss(maps):
            logits, _ = self.d.call(d["trainable"], d, maps)
            return self.objective.generator_loss(logits)

        of_g, of_maps = jax.value_and_grad(g_loss)(fake_maps)
        (gradients,) = back(of_maps)
        g = self.g.moved(g, gradients, g_fixed)
        state = self.averaged({**state, "generator": g, "discriminator": d})
        return state, dict(
            zip(self.objective.scalars, (of_d, of_g, *scores), strict=True)
        )

    def step_flops(self) -> int:
        return flops.sd_projected_step(
            self.generated_flops(),
            *flops.projected_tuple(
                self.features, self.d.network, self.experiment.image_size
            ),
        )

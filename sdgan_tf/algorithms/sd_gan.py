"""Algorithm 1 of the paper: discriminate tuples of one identity."""

import keras
import tensorflow as tf

from sdgan_tf import augmentation, losses
from sdgan_tf.algorithms.base import Algorithm
from sdgan_tf.algorithms.flops import forward_flops
from sdgan_tf.config import Experiment
from sdgan_tf.images import DCGAN_PIXELS
from sdgan_tf.latents import Keys, Stream
from sdgan_tf.models.dcgan import DISCRIMINATORS, DCGANGenerator


def _width(experiment: Experiment) -> dict:
    """What the DCGAN networks are told."""
    return {
        "image_size": experiment.image_size,
        "dim": experiment.dim,
        "dtype": experiment.precision,
        # Asked for only where it can differ: it costs a reduction.
        "synchronized": tf.distribute.get_strategy().num_replicas_in_sync > 1,
    }


class SDGAN(Algorithm):
    """SD-GAN training with any loss of `losses.GAN_LOSSES`.

    Source: paper, Algorithm 1. k = 1 is the vanilla GAN.
    """

    pixels = DCGAN_PIXELS
    scalars = (
        "loss/discriminator",
        "loss/generator",
        "score/real",
        "score/fake",
    )

    def __init__(self, experiment: Experiment):
        super().__init__(experiment)
        self.loss = losses.GAN_LOSSES[experiment.loss]
        self.batches_per_step = experiment.d_steps_per_g_step
        self.k = experiment.k
        size = experiment.image_size
        self.augmentation = augmentation.AUGMENTATIONS[experiment.augment]
        self.r1_weight = experiment.r1_weight
        self.d = DISCRIMINATORS[experiment.discriminator](
            **_width(experiment), spectral=experiment.spectral_norm
        )
        self.d(tf.zeros([1, self.k, size, size, 3]))
        self.networks["discriminator"] = self.d
        self.build_optimizers(self.loss.optimizer)

    @staticmethod
    def build_generator(experiment: Experiment) -> keras.Model:
        return DCGANGenerator(**_width(experiment))

    def step(self, batches, keys: Keys) -> dict[str, tf.Tensor]:
        """One generator update after one or more discriminator updates."""
        for substep, batch in enumerate(batches):
            images = batch["images"]
            n, k = images.shape[:2]
            z = self.tuples(keys.key(Stream.D_LATENTS, substep), n, k)
            real = self.augment(self.pixels.to_float(images), keys, 2 * substep)
            fake = self.augment(self.generate(z), keys, 2 * substep + 1)
            with tf.GradientTape() as tape:
                # Real and fake in one call: one large product instead of two.
                real_logits, fake_logits = tf.split(
                    self.d(
                        tf.concat([real, fake], axis=0),
                        num_batches=2,
                        training=True,
                    ),
                    2,
                )
                d_loss = self.loss.discriminator(real_logits, fake_logits)
                d_loss += self.penalty(real, fake, keys, substep)
            self.update("discriminator", d_loss, tape)
            self.clip_discriminator()

        z = self.tuples(keys.key(Stream.G_LATENTS), n, k)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([v.value for v in self.generator.trainable_variables])
            fake = self.augment(
                self.generate(z), keys, 2 * self.batches_per_step
            )
            g_loss = self.loss.generator(self.d(fake))
        self.update("generator", g_loss, tape)
        return {
            "loss/discriminator": d_loss,
            "loss/generator": g_loss,
            "score/real": tf.reduce_mean(real_logits),
            "score/fake": tf.reduce_mean(fake_logits),
        }

    def augment(self, tuples, keys: Keys, use: int) -> tf.Tensor:
        """Tuples as D sees them; each `use` within a step draws anew."""
        if self.augmentation is None:
            return tuples
        key = keys.key(Stream.AUGMENTATION, use)
        numbers = self.draw(key, len(tuples), augmentation.NUMBERS)
        return self.augmentation(tuples, numbers)

    def penalty(self, real, fake, keys: Keys, substep: int):
        """The weighted penalties of D's gradient; 0 without any."""
        total = 0.0
        if self.loss.penalty_coefficient:
            key = keys.key(Stream.INTERPOLATION, substep)
            weights = self.draw(key, len(real))
            total += self.loss.penalty_coefficient * losses.gradient_penalty(
                self.d, real, fake, weights
            )
        if self.r1_weight:
            total += self.r1_weight * losses.r1_penalty(self.d, real)
        return total

    def clip_discriminator(self) -> None:
        """Clips all of D's weights, batch norm's and biases too (WGAN)."""
        bound = self.loss.weight_clip
        if bound is None:
            return

        def clip(strategy, *variables):
            for variable in variables:
                strategy.extended.update(
                    variable,
                    lambda v: v.assign(tf.clip_by_value(v, -bound, bound)),
                    group=False,
                )

        tf.distribute.get_replica_context().merge_call(
            clip, args=[v.value for v in self.d.trainable_variables]
        )

    def step_flops(self, batch_size: int) -> int:
        """Products of one step, without gradients that nobody needs.

        Source: the arithmetic of `step`; 2 operations a multiply-add.
        """
        k, size = self.k, self.d.image_size
        g, g_first = forward_flops(
            self.generator, tf.zeros([k, self.latents.d_z])
        )
        d, d_first = forward_flops(self.d, tf.zeros([1, k, size, size, 3]))
        # Generated; D on real and fake forwards, then back to its weights and
        # to all inputs but the images.
        d_update = g + 2 * (d + d + (d - d_first))
        # The tuples of a penalty forwards, back to the images, and twice more
        # through both for the second derivative.
        penalties = bool(self.loss.penalty_coefficient) + bool(self.r1_weight)
        d_update += penalties * (2 * d + 2 * (2 * d))
        # Forwards through both, back to D's inputs, to G's weights and inputs.
        g_update = g + d + d + g + (g - g_first)
        return batch_size * (self.batches_per_step * d_update + g_update)

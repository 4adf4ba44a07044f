"""Algorithm 1 of the paper: discriminate tuples of one identity."""

import keras
import tensorflow as tf

from sdgan_tf import losses
from sdgan_tf.algorithms import flops
from sdgan_tf.algorithms.base import Algorithm
from sdgan_tf.config import Experiment
from sdgan_tf.latents import Keys, Stream
from sdgan_tf.models.dcgan import DISCRIMINATORS, DCGANGenerator
from sdgan_tf.pixels import DCGAN_PIXELS


def network_options(experiment: Experiment) -> dict:
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
    scalars: tuple[str, ...] = (
        "loss/discriminator",
        "loss/generator",
        "score/real",
        "score/fake",
    )
    kinds = 1  # Of tuples, that D tells apart.

    def __init__(self, experiment: Experiment):
        super().__init__(experiment)
        self.loss = losses.GAN_LOSSES[experiment.loss]
        self.batches_per_step = experiment.d_steps_per_g_step
        self.k = experiment.k
        size = experiment.image_size
        self.r1_weight = experiment.r1_weight
        self.d = self.build_discriminator(experiment)
        self.d(tf.zeros([self.kinds, self.k, size, size, 3]))
        self.networks["discriminator"] = self.d
        self.build_optimizers(self.loss.optimizer)

    @staticmethod
    def build_generator(experiment: Experiment) -> keras.Model:
        return DCGANGenerator(**network_options(experiment))

    @staticmethod
    def build_discriminator(experiment: Experiment) -> keras.Model:
        """What judges tuples `[n, k, h, w, c]`."""
        return DISCRIMINATORS[experiment.discriminator](
            **network_options(experiment), spectral=experiment.spectral_norm
        )

    def step(self, batches, keys: Keys) -> dict[str, tf.Tensor]:
        """One generator update after one or more discriminator updates."""
        for substep, batch in enumerate(batches):
            real = self.real(batch["images"])
            key = keys.key(Stream.D_LATENTS, substep)
            fake, imagined = self.imagine(batch, key)
            real = self.augment(real, keys, 2 * substep)
            fake = self.augment(fake, keys, 2 * substep + 1)
            with tf.GradientTape() as tape:
                # Real and fake in one call: one large product instead of two.
                logits, d_auxiliary = self.judge(
                    tf.concat([real, fake], axis=0),
                    [batch.get("row"), imagined],
                    num_batches=2,
                    training=True,
                )
                real_logits, fake_logits = tf.split(logits, 2)
                d_loss = self.loss.discriminator(real_logits, fake_logits)
                d_loss += d_auxiliary + self.penalty(real, fake, keys, substep)
            self.update("discriminator", d_loss, tape)
            self.clip_discriminator()

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([v.value for v in self.generator.trainable_variables])
            fake, imagined = self.imagine(batch, keys.key(Stream.G_LATENTS))
            fake = self.augment(fake, keys, 2 * self.batches_per_step)
            logits, g_auxiliary = self.judge(fake, [imagined])
            g_loss = self.loss.generator(logits) + g_auxiliary
        self.update("generator", g_loss, tape)
        values = {
            "loss/discriminator": d_loss,
            "loss/generator": g_loss,
            "loss/discriminator_auxiliary": d_auxiliary,
            "loss/generator_auxiliary": g_auxiliary,
            "score/real": tf.reduce_mean(real_logits),
            "score/fake": tf.reduce_mean(fake_logits),
        }
        return {name: values[name] for name in self.scalars}

    def real(self, images) -> tf.Tensor:
        """A batch's photographs as D sees them, in the generator's range."""
        return self.pixels.to_float(images)

    def imagine(self, batch, key) -> tuple:
        """Tuples to be taken for real ones.

        Args:
            batch: The batch of real tuples that they stand beside.
            key: Random key, equal on all replicas.

        Returns:
            Images as `real`'s, and whose they are: rows `[n]` of the training
            identities, or None where they are of nobody.
        """
        n, k = batch["images"].shape[:2]
        return self.generate(self.tuples(key, n, k)), None

    def judge(self, tuples, rows, num_batches=1, training=False) -> tuple:
        """What D says of tuples.

        Args:
            tuples: `[num_batches * n, k, h, w, c]`.
            rows: Whose they are, for each batch.
            num_batches: See `DCGANDiscriminator`.
            training: Likewise.

        Returns:
            Logits, and what is added to the loss for the identities that D
            sees: here none, 0.
        """
        del rows
        return self.d(tuples, num_batches=num_batches, training=training), 0.0

    def logits(self, tuples) -> tf.Tensor:
        """D's logits of one batch."""
        return self.d(tuples)

    def penalty(self, real, fake, keys: Keys, substep: int):
        """The weighted penalties of D's gradient; 0 without any."""
        total = 0.0
        if self.loss.penalty_coefficient:
            key = keys.key(Stream.INTERPOLATION, substep)
            between = losses.between(real, fake, self.draw(key, len(real)))
            total += self.loss.penalty_coefficient * losses.gradient_penalty(
                self.input_gradient(between)
            )
        if self.r1_weight:
            gradient = self.input_gradient(real)
            total += self.r1_weight * losses.r1_penalty(gradient)
        return total

    def input_gradient(self, tuples) -> tf.Tensor:
        """The gradient of D's logits by the tuples that it judges."""
        with tf.GradientTape() as tape:
            tape.watch(tuples)
            logits = self.logits(tuples)
        return tape.gradient(logits, tuples)

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
        k, size, kinds = self.k, self.d.image_size, self.kinds
        d = flops.forward(self.d, tf.zeros([kinds, k, size, size, 3]))
        return batch_size * flops.sd_gan_step(
            self.imagining_flops(),
            [count // kinds for count in d],
            self.batches_per_step,
            bool(self.loss.penalty_coefficient) + bool(self.r1_weight),
        )

    def imagining_flops(self) -> tuple[int, int]:
        """Of one imagined tuple: all, and those of what reads the inputs."""
        return flops.forward(
            self.generator, tf.zeros([self.k, self.latents.d_z])
        )

"""Algorithm 1 of the paper: discriminate tuples of one identity."""

import functools

import keras
import tensorflow as tf

from sdgan_tf.algorithms import flops
from sdgan_tf.algorithms.base import Algorithm, several_replicas
from sdgan_tf.config import Experiment
from sdgan_tf.latents import Keys, Stream
from sdgan_tf.models.dcgan import DISCRIMINATORS, DCGANGenerator
from sdgan_tf.objectives import SDGANObjective
from sdgan_tf.pixels import DCGAN_PIXELS


def network_options(experiment: Experiment) -> dict:
    """The arguments of the DCGAN networks."""
    return {
        "image_size": experiment.image_size,
        "dim": experiment.dim,
        "dtype": experiment.precision,
        "synchronized": several_replicas(),
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
        self.objective = SDGANObjective.of(experiment)
        self.batches_per_step = experiment.d_steps_per_g_step
        self.k = experiment.k
        size = experiment.image_size
        self.d = self.build_discriminator(experiment)
        self.d(tf.zeros([self.kinds, self.k, size, size, 3]))
        self.networks["discriminator"] = self.d
        self.build_optimizers(self.objective.loss.optimizer)

    @staticmethod
    def build_generator(experiment: Experiment) -> keras.Model:
        return DCGANGenerator(**network_options(experiment))

    @staticmethod
    def build_discriminator(experiment: Experiment) -> keras.Model:
        """Builds the network that scores tuples `[n, k, h, w, c]`."""
        return DISCRIMINATORS[experiment.discriminator](
            **network_options(experiment), spectral=experiment.spectral_norm
        )

    def step(self, batches, keys: Keys) -> dict[str, tf.Tensor]:
        """One generator update after one or more discriminator updates."""
        for substep, batch in enumerate(batches):
            real = self.real(batch["images"])
            key = keys.key(Stream.D_LATENTS, substep)
            fake, fake_rows = self.fake_tuples(batch, key)
            real = self.augment(real, keys, 2 * substep)
            fake = self.augment(fake, keys, 2 * substep + 1)
            places = functools.partial(
                self.between, keys, substep, real.shape[0]
            )
            with tf.GradientTape() as tape:
                # Real and fake in one call: one large product instead of two.
                logits, d_auxiliary = self.discriminate(
                    tf.concat([real, fake], axis=0),
                    [batch.get("row"), fake_rows],
                    num_batches=2,
                    training=True,
                )
                d_loss, scores = self.objective.discriminator_loss(
                    logits, real, fake, self.input_gradient, places, d_auxiliary
                )
            self.update("discriminator", d_loss, tape)
            self.clip_discriminator()

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([v.value for v in self.generator.trainable_variables])
            fake, fake_rows = self.fake_tuples(
                batch, keys.key(Stream.G_LATENTS)
            )
            fake = self.augment(fake, keys, 2 * self.batches_per_step)
            logits, g_auxiliary = self.discriminate(fake, [fake_rows])
            g_loss = self.objective.generator_loss(logits) + g_auxiliary
        self.update("generator", g_loss, tape)
        values = {
            "loss/discriminator": d_loss,
            "loss/generator": g_loss,
            "loss/discriminator_auxiliary": d_auxiliary,
            "loss/generator_auxiliary": g_auxiliary,
            "score/real": scores[0],
            "score/fake": scores[1],
        }
        return {name: values[name] for name in self.scalars}

    def real(self, images) -> tf.Tensor:
        """A batch's photographs as D sees them, in the generator's range."""
        return self.pixels.to_float(images)

    def fake_tuples(self, batch, key) -> tuple:
        """Makes the fake tuples of a batch.

        Args:
            batch: The real tuples that they stand beside.
            key: Random key, equal on all replicas.

        Returns:
            Images as `real`'s, and whose they are: rows `[n]` of the training
            identities, or None where they are of nobody.
        """
        n, k = batch["images"].shape[:2]
        return self.generate(self.tuples(key, n, k)), None

    def discriminate(
        self, tuples, rows, num_batches=1, training=False
    ) -> tuple:
        """Tells real tuples from generated ones by D.

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

    def between(self, keys: Keys, substep: int, n: int) -> tf.Tensor:
        """Samples places between real and fake tuples for a penalty, `[n]`."""
        return self.replica_uniform(keys.key(Stream.INTERPOLATION, substep), n)

    def input_gradient(self, tuples) -> tf.Tensor:
        """The gradient of D's logits by the tuples that it scores."""
        with tf.GradientTape() as tape:
            tape.watch(tuples)
            logits = self.logits(tuples)
        return tape.gradient(logits, tuples)

    def clip_discriminator(self) -> None:
        """Clips all of D's weights, batch norm's and biases too (WGAN)."""
        if not self.objective.clips:
            return

        def clip(strategy, *variables):
            for variable in variables:
                strategy.extended.update(
                    variable,
                    lambda v: v.assign(self.objective.clipped(v)),
                    group=False,
                )

        tf.distribute.get_replica_context().merge_call(
            clip, args=[v.value for v in self.d.trainable_variables]
        )

    def step_flops(self, batch_size: int) -> int:
        return batch_size * flops.sd_gan_step(
            self.fake_flops(),
            flops.discriminated_tuple(
                self.d, self.k, self.d.image_size, self.kinds
            ),
            self.batches_per_step,
            self.objective.penalties,
        )

    def fake_flops(self) -> tuple[int, int]:
        """Counts the operations of one fake tuple, as `flops.forward` does."""
        return flops.generated_tuple(self.generator, self.k, self.latents.d_z)

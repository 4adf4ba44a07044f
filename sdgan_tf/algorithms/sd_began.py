"""SD-BEGAN: an autoencoder with a shared bottleneck discriminates tuples."""

import keras
import tensorflow as tf

from sdgan_tf import losses
from sdgan_tf.algorithms import flops
from sdgan_tf.algorithms.base import Algorithm
from sdgan_tf.algorithms.served_functions import Signature, reconstruct
from sdgan_tf.config import Experiment
from sdgan_tf.latents import Keys, Stream
from sdgan_tf.models.began import AUTOENCODERS, BEGANGenerator
from sdgan_tf.objectives import BEGANObjective
from sdgan_tf.pixels import BEGAN_PIXELS


class SDBEGAN(Algorithm):
    """BEGAN's equilibrium on image tuples; k = 1 is the vanilla BEGAN.

    Source: paper, section 3.2; Berthelot et al. 2017, arXiv 1703.10717; the
    numbers are the reference's.
    """

    pixels = BEGAN_PIXELS
    scalars = (
        "loss/discriminator",
        "loss/generator",
        "loss/real_reconstruction",
        "began/k_t",
        "began/balance",
        "began/convergence",
        "began/learning_rate",
    )

    def __init__(self, experiment: Experiment):
        self.objective = BEGANObjective.of(experiment)
        super().__init__(experiment)
        k, size = experiment.k, experiment.image_size
        self.d = AUTOENCODERS[experiment.discriminator](
            size,
            experiment.dim,
            k,
            experiment.d_i,
            experiment.d_o,
            dtype=experiment.precision,
        )
        self.d(tf.zeros([1, k, size, size, 3]))
        self.networks["discriminator"] = self.d
        self.build_optimizers(losses.began_optimizer)
        # All replicas assign the same number.
        self.k_t = tf.Variable(
            0.0,
            trainable=False,
            name="k_t",
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )

    @staticmethod
    def build_generator(experiment: Experiment) -> keras.Model:
        return BEGANGenerator(
            experiment.image_size, experiment.dim, dtype=experiment.precision
        )

    def checkpointed(self) -> dict[str, list[tf.Variable]]:
        return {**super().checkpointed(), "k_t": [self.k_t]}

    def step(self, batches, keys: Keys) -> dict[str, tf.Tensor]:
        """One update of both networks from the same forward passes."""
        (batch,) = batches
        real = self.pixels.to_float(batch["images"])
        n, k = real.shape[:2]
        z = self.tuples(keys.key(Stream.G_LATENTS), n, k)
        d_weights = self.d.trainable_variables
        g_weights = self.generator.trainable_variables

        with tf.GradientTape() as tape:
            real_loss = losses.reconstruction_loss(self.d(real), real)
        real_gradients = tape.gradient(real_loss, d_weights)
        # The fake branch waits, so that one branch at a time takes memory.
        with tf.control_dependencies(real_gradients):
            z = tf.identity(z)
        with tf.GradientTape() as tape:
            # The gradient of L(G) reaches G as input and as target.
            fake = self.generate(z)
            fake_loss = losses.reconstruction_loss(self.d(fake), fake)
        # One pass back through the fake branch serves both losses.
        fake_gradients, g_gradients = tape.gradient(
            fake_loss, [d_weights, g_weights]
        )
        # L_D is linear in both losses: so is its gradient in theirs.
        d_loss, *d_gradients = [
            self.objective.discriminator_loss(of_real, of_fake, self.k_t)
            for of_real, of_fake in zip(
                [real_loss, *real_gradients],
                [fake_loss, *fake_gradients],
                strict=True,
            )
        ]
        learning_rate = self.optimizers["generator"].learning_rate
        self.apply("discriminator", d_gradients)
        self.apply("generator", g_gradients)

        balance, convergence = self.control(real_loss, fake_loss)
        return {
            "loss/discriminator": d_loss,
            "loss/generator": fake_loss,
            "loss/real_reconstruction": real_loss,
            "began/k_t": self.k_t.value(),
            "began/balance": balance,
            "began/convergence": convergence,
            "began/learning_rate": learning_rate,
        }

    def control(self, real_loss, fake_loss) -> tuple:
        """Moves k_t by the losses of the global batch, on all replicas alike.

        Returns:
            The balance and the measure of convergence.
        """
        real_loss, fake_loss = tf.distribute.get_replica_context().all_reduce(
            tf.distribute.ReduceOp.MEAN, [real_loss, fake_loss]
        )
        k_t, balance, convergence = self.objective.controlled(
            self.k_t, real_loss, fake_loss
        )
        self.k_t.assign(k_t)
        return balance, convergence

    def views(self, real, fake) -> dict[str, tf.Tensor]:
        """The tuples as the autoencoder gives them back."""
        return {
            "samples/real_reconstruction": self.d(real),
            "samples/fake_reconstruction": self.d(fake),
        }

    def signatures(self) -> dict[str, Signature]:
        return reconstruct(self.d)

    def step_flops(self, batch_size: int) -> int:
        k, size = self.d.k, self.d.image_size
        return batch_size * flops.sd_began_step(
            flops.generated_tuple(self.generator, k, self.latents.d_z),
            flops.discriminated_tuple(self.d, k, size),
        )

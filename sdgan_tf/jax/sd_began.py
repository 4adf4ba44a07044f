"""SD-BEGAN."""

import jax
import jax.numpy as jnp

from sdgan_tf import losses
from sdgan_tf.algorithms import flops
from sdgan_tf.config import Experiment
from sdgan_tf.jax.system import System
from sdgan_tf.models import began
from sdgan_tf.objectives import BEGANObjective
from sdgan_tf.pixels import BEGAN_PIXELS


class SDBEGAN(System):
    """BEGAN's equilibrium on image tuples."""

    pixels = BEGAN_PIXELS

    def __init__(self, experiment: Experiment):
        self.objective = BEGANObjective.of(experiment)
        self.new_optimizer = losses.began_optimizer
        e = experiment
        super().__init__(
            e,
            began.BEGANGenerator(e.image_size, e.dim, dtype=e.precision),
            began.AUTOENCODERS[e.discriminator](
                e.image_size, e.dim, e.k, e.d_i, e.d_o, dtype=e.precision
            ),
        )

    def state(self) -> dict:
        return {**super().state(), "k_t": jnp.zeros([])}

    def sample_numbers(self, key, n: int) -> dict:
        """Samples the random numbers of one step."""
        return {"g_codes": self.codes(key, n)}

    def step(self, state: dict, real, sampled: dict) -> tuple:
        """The state after one update of both networks, and their losses."""
        g, d, k_t = state["generator"], state["discriminator"], state["k_t"]

        def reconstruction_loss(trainable, tuples):
            return losses.reconstruction_loss(
                self.d.call(trainable, d, tuples)[0], tuples
            )

        def fake_loss(d_trainable, g_trainable):
            fake, fixed = self.generate(g_trainable, g, sampled["g_codes"])
            return reconstruction_loss(d_trainable, fake), fixed

        of_real, real_gradients = jax.value_and_grad(reconstruction_loss)(
            d["trainable"], real
        )
        (of_fake, g_fixed), (fake_gradients, g_gradients) = jax.value_and_grad(
            fake_loss, argnums=(0, 1), has_aux=True
        )(d["trainable"], g["trainable"])
        # L_D is linear in both losses: so is its gradient in theirs.
        of_d, *d_gradients = [
            self.objective.discriminator_loss(a, b, k_t)
            for a, b in zip(
                [of_real, *real_gradients],
                [of_fake, *fake_gradients],
                strict=True,
            )
        ]
        k_t, balance, convergence = self.objective.controlled(
            k_t, of_real, of_fake
        )
        state = {
            **state,
            "generator": self.g.moved(g, g_gradients, g_fixed),
            "discriminator": self.d.moved(d, d_gradients, d["fixed"]),
            "k_t": k_t,
        }
        return self.averaged(state), {
            "loss/discriminator": of_d,
            "loss/generator": of_fake,
            "loss/real_reconstruction": of_real,
            "began/k_t": k_t,
            "began/balance": balance,
            "began/convergence": convergence,
        }

    def step_flops(self) -> int:
        return flops.sd_began_step(
            self.generated_flops(), self.discriminated_flops()
        )

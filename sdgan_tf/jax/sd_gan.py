"""Algorithm 1 of the paper."""

import functools

import jax
import jax.numpy as jnp

from sdgan_tf import augmentation
from sdgan_tf.algorithms import flops
from sdgan_tf.config import Experiment
from sdgan_tf.jax.system import System
from sdgan_tf.models import dcgan
from sdgan_tf.objectives import SDGANObjective
from sdgan_tf.pixels import DCGAN_PIXELS


class SDGAN(System):
    """Algorithm 1 with any loss; one update of D for each of G."""

    pixels = DCGAN_PIXELS

    def __init__(self, experiment: Experiment):
        self.objective = SDGANObjective.of(experiment)
        self.new_optimizer = self.objective.loss.optimizer
        self.augmentation = augmentation.AUGMENTATIONS[experiment.augment]
        options: dict = {
            "image_size": experiment.image_size,
            "dim": experiment.dim,
            "dtype": experiment.precision,
        }
        super().__init__(
            experiment,
            dcgan.DCGANGenerator(**options),
            dcgan.DISCRIMINATORS[experiment.discriminator](**options),
        )

    def sample_numbers(self, key, n: int) -> dict:
        """Samples the random numbers of one step."""
        keys, k = jax.random.split(key, 6), self.experiment.k
        numbers = [
            jax.random.uniform(key, [n, k, augmentation.NUMBERS])
            for key in keys[:3]
        ]
        return {
            "d_codes": self.codes(keys[3], n),
            "g_codes": self.codes(keys[4], n),
            "augmentation": numbers,
            "between": jax.random.uniform(keys[5], [n]),
        }

    def step(self, state: dict, real, sampled: dict) -> tuple:
        """The state after an update of D and one of G, and their losses."""
        g, d = state["generator"], state["discriminator"]
        augment = self.augmentation or (lambda tuples, numbers: tuples)
        numbers = sampled["augmentation"]
        fake, g_fixed = self.generate(g["trainable"], g, sampled["d_codes"])
        real, fake = augment(real, numbers[0]), augment(fake, numbers[1])

        def d_loss(trainable):
            logits, fixed = self.d.call(
                trainable,
                d,
                jnp.concatenate([real, fake]),
                num_batches=2,
                training=True,
            )
            loss, scores = self.objective.discriminator_loss(
                logits,
                real,
                fake,
                functools.partial(self.input_gradient, trainable, d),
                lambda: sampled["between"],
            )
            return loss, (scores, fixed)

        (of_d, (scores, d_fixed)), gradients = jax.value_and_grad(
            d_loss, has_aux=True
        )(d["trainable"])
        d = self.d.moved(d, gradients, d_fixed)
        if self.objective.clips:
            clipped = [self.objective.clipped(w) for w in d["trainable"]]
            d = {**d, "trainable": clipped}
        g = {**g, "fixed": g_fixed}

        def g_loss(trainable):
            fake, fixed = self.generate(trainable, g, sampled["g_codes"])
            seen = augment(fake, numbers[2])
            logits, _ = self.d.call(d["trainable"], d, seen)
            return self.objective.generator_loss(logits), fixed

        (of_g, g_fixed), gradients = jax.value_and_grad(g_loss, has_aux=True)(
            g["trainable"]
        )
        g = self.g.moved(g, gradients, g_fixed)
        state = self.averaged({**state, "generator": g, "discriminator": d})
        return state, {
            "loss/discriminator": of_d,
            "loss/generator": of_g,
            "score/real": scores[0],
            "score/fake": scores[1],
        }

    def input_gradient(self, trainable, d, tuples):
        """The gradient of D's logits by the tuples that it scores."""
        return jax.grad(lambda x: jnp.sum(self.d.call(trainable, d, x)[0]))(
            tuples
        )

    def step_flops(self) -> int:
        return flops.sd_gan_step(
            self.generated_flops(),
            self.discriminated_flops(),
            penalties=self.objective.penalties,
        )

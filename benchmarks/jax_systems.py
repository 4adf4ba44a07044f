"""SD-GANs as pure functions of their state, for JAX.

Networks, losses, augmentation and optimizers are those of `sdgan_tf`; a step
is `sdgan_tf.algorithms`' own, with which a test compares it.
"""

import dataclasses

import jax
import jax.numpy as jnp
import keras
import numpy as np

from sdgan_tf import augmentation, losses
from sdgan_tf.algorithms import flops
from sdgan_tf.config import Experiment
from sdgan_tf.features.networks import build_features
from sdgan_tf.models import began, dcgan
from sdgan_tf.models.projected_discriminator import (
    ProjectedDiscriminator,
    different_neighbours,
)
from sdgan_tf.models.projected_generator import (
    ProjectedGenerator,
    measure_statistics,
)
from sdgan_tf.pixels import BEGAN_PIXELS, DCGAN_PIXELS

# Codes behind the moving statistics of an averaged generator.
STATISTICS_CODES, STATISTICS_BATCH = 1024, 128


@dataclasses.dataclass(frozen=True)
class Trained:
    """A network and its optimizer as functions of their state.

    The state is a dict of lists of arrays: `trainable` and `fixed` weights,
    and the `optimizer`'s.
    """

    network: keras.Model
    optimizer: keras.optimizers.Optimizer

    def state(self) -> dict:
        self.optimizer.build(self.network.trainable_variables)
        groups = {
            "trainable": self.network.trainable_variables,
            "fixed": self.network.non_trainable_variables,
            "optimizer": self.optimizer.variables,
        }
        # Copies: what is donated to a compiled function is gone.
        return {
            name: [jnp.array(variable.value) for variable in group]
            for name, group in groups.items()
        }

    def call(self, trainable, state, x, **options):
        """Outputs, and what `fixed` has become."""
        network = self.network
        held = [*network.trainable_variables, *network.non_trainable_variables]
        values = zip(held, [*trainable, *state["fixed"]], strict=True)
        # Not `stateless_call`, which would not tell the layers of `training`.
        with keras.StatelessScope(state_mapping=values) as scope:
            y = network(x, **options)
        return y, [
            scope.get_current_value(variable)
            for variable in network.non_trainable_variables
        ]

    def moved(self, state: dict, gradients, fixed) -> dict:
        """The state after one update."""
        trainable, optimizer = self.optimizer.stateless_apply(
            state["optimizer"], gradients, state["trainable"]
        )
        return {"trainable": trainable, "fixed": fixed, "optimizer": optimizer}


class System:
    """What the two systems share. Source: `sdgan_tf.algorithms`."""

    def __init__(self, experiment: Experiment, generator, discriminator):
        self.experiment = experiment
        self.d_z = experiment.d_i + experiment.d_o
        size = experiment.image_size
        generator(np.zeros([1, self.d_z], "float32"))
        self.build(
            discriminator, np.zeros([1, experiment.k, size, size, 3], "float32")
        )
        self.g = Trained(generator, self.new_optimizer())
        self.d = Trained(discriminator, self.new_optimizer())

    def build(self, discriminator, tuples) -> None:
        """Gives a new discriminator its weights."""
        discriminator(tuples)

    def finish(self, generator: keras.Model) -> None:
        """Prepares a generator that was given trained weights for use."""

    def state(self) -> dict:
        g = self.g.state()
        state = {"generator": g, "discriminator": self.d.state()}
        if self.experiment.average_decay:
            state["average"] = [jnp.array(weight) for weight in g["trainable"]]
        return state

    def codes(self, key, n: int):
        """Codes of `n` tuples that share z_i, `[n, k, d_z]`."""
        e = self.experiment
        numbers = jax.random.uniform(
            key, [n, e.d_i + e.k * e.d_o], minval=-1.0, maxval=1.0
        )
        z_i = jnp.repeat(numbers[:, None, : e.d_i], e.k, axis=1)
        z_o = numbers[:, e.d_i :].reshape(n, e.k, e.d_o)
        return jnp.concatenate([z_i, z_o], axis=-1)

    def generate(self, trainable, state, z):
        """Codes `[n, k, d_z]` to tuples `[n, k, h, w, c]`, and `fixed`."""
        n, k, d_z = z.shape
        images, fixed = self.g.call(
            trainable, state, z.reshape(n * k, d_z), training=True
        )
        return images.reshape(n, k, *images.shape[1:]), fixed

    def averaged(self, state: dict) -> dict:
        """The state after a step of the generator's moving average."""
        if "average" not in state:
            return state
        generator = state["generator"]
        count = generator["optimizer"][0].astype("float32")
        decay = jnp.minimum(
            self.experiment.average_decay, (1.0 + count) / (10.0 + count)
        )
        average = [
            decay * old + (1.0 - decay) * new
            for old, new in zip(
                state["average"], generator["trainable"], strict=True
            )
        ]
        return {**state, "average": average}

    def counts(self) -> tuple:
        """Of both networks for one tuple, as `flops` counts."""
        e = self.experiment
        size = e.image_size
        return (
            flops.forward(self.g.network, np.zeros([e.k, self.d_z], "float32")),
            flops.forward(
                self.d.network,
                np.zeros([1, e.k, size, size, 3], "float32"),
            ),
        )


class SDGAN(System):
    """Algorithm 1 with any loss; one update of D for each of G."""

    pixels = DCGAN_PIXELS

    def __init__(self, experiment: Experiment):
        if experiment.spectral_norm:
            # Keras' layer assigns trainable weights while it is called.
            raise ValueError("`spectral_norm` is not a pure function.")
        self.loss = losses.GAN_LOSSES[experiment.loss]
        self.new_optimizer = self.loss.optimizer
        self.augmentation = augmentation.AUGMENTATIONS[experiment.augment]
        options = {
            "image_size": experiment.image_size,
            "dim": experiment.dim,
            "dtype": experiment.precision,
        }
        super().__init__(
            experiment,
            dcgan.DCGANGenerator(**options),
            dcgan.DISCRIMINATORS[experiment.discriminator](**options),
        )

    def draw(self, key, n: int) -> dict:
        """The random numbers of one step."""
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

    def step(self, state: dict, real, drawn: dict) -> tuple:
        """The state after an update of D and one of G, and their losses."""
        g, d = state["generator"], state["discriminator"]
        augment = self.augmentation or (lambda tuples, numbers: tuples)
        numbers = drawn["augmentation"]
        fake, g_fixed = self.generate(g["trainable"], g, drawn["d_codes"])
        real, fake = augment(real, numbers[0]), augment(fake, numbers[1])

        def d_loss(trainable):
            logits, fixed = self.d.call(
                trainable,
                d,
                jnp.concatenate([real, fake]),
                num_batches=2,
                training=True,
            )
            loss = self.loss.discriminator(*jnp.split(logits, 2))
            return loss + self.penalty(trainable, d, real, fake, drawn), fixed

        (of_d, d_fixed), gradients = jax.value_and_grad(d_loss, has_aux=True)(
            d["trainable"]
        )
        d = self.d.moved(d, gradients, d_fixed)
        if (bound := self.loss.weight_clip) is not None:
            clipped = [jnp.clip(w, -bound, bound) for w in d["trainable"]]
            d = {**d, "trainable": clipped}
        g = {**g, "fixed": g_fixed}

        def g_loss(trainable):
            fake, fixed = self.generate(trainable, g, drawn["g_codes"])
            seen = augment(fake, numbers[2])
            logits, _ = self.d.call(d["trainable"], d, seen)
            return self.loss.generator(logits), fixed

        (of_g, g_fixed), gradients = jax.value_and_grad(g_loss, has_aux=True)(
            g["trainable"]
        )
        g = self.g.moved(g, gradients, g_fixed)
        state = self.averaged({**state, "generator": g, "discriminator": d})
        return state, {"loss/discriminator": of_d, "loss/generator": of_g}

    def penalty(self, trainable, d, real, fake, drawn):
        """The weighted penalties of D's gradient; 0 without any."""

        def input_gradient(tuples):
            return jax.grad(lambda x: jnp.sum(self.d.call(trainable, d, x)[0]))(
                tuples
            )

        total = 0.0
        if self.loss.penalty_coefficient:
            between = losses.between(real, fake, drawn["between"])
            total += self.loss.penalty_coefficient * losses.gradient_penalty(
                input_gradient(between)
            )
        if self.experiment.r1_weight:
            total += self.experiment.r1_weight * losses.r1_penalty(
                input_gradient(real)
            )
        return total

    def step_flops(self) -> int:
        penalties = bool(self.loss.penalty_coefficient)
        penalties += bool(self.experiment.r1_weight)
        return flops.sd_gan_step(*self.counts(), penalties=penalties)


class SDBEGAN(System):
    """BEGAN's equilibrium on image tuples."""

    pixels = BEGAN_PIXELS

    def __init__(self, experiment: Experiment):
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

    def draw(self, key, n: int) -> dict:
        """The random numbers of one step."""
        return {"g_codes": self.codes(key, n)}

    def step(self, state: dict, real, drawn: dict) -> tuple:
        """The state after one update of both networks, and their losses."""
        g, d, k_t = state["generator"], state["discriminator"], state["k_t"]

        def reconstruction_loss(trainable, tuples):
            return losses.reconstruction_loss(
                self.d.call(trainable, d, tuples)[0], tuples
            )

        def fake_loss(d_trainable, g_trainable):
            fake, fixed = self.generate(g_trainable, g, drawn["g_codes"])
            return reconstruction_loss(d_trainable, fake), fixed

        of_real, real_gradients = jax.value_and_grad(reconstruction_loss)(
            d["trainable"], real
        )
        (of_fake, g_fixed), (fake_gradients, g_gradients) = jax.value_and_grad(
            fake_loss, argnums=(0, 1), has_aux=True
        )(d["trainable"], g["trainable"])
        d_gradients = [
            a - k_t * b
            for a, b in zip(real_gradients, fake_gradients, strict=True)
        ]
        balance = self.experiment.gamma * of_real - of_fake
        state = {
            **state,
            "generator": self.g.moved(g, g_gradients, g_fixed),
            "discriminator": self.d.moved(d, d_gradients, d["fixed"]),
            "k_t": jnp.clip(k_t + self.experiment.lambda_k * balance, 0.0, 1.0),
        }
        return self.averaged(state), {
            "loss/real_reconstruction": of_real,
            "loss/generator": of_fake,
            "began/k_t": state["k_t"],
            "began/convergence": of_real + jnp.abs(balance),
        }

    def step_flops(self) -> int:
        return flops.sd_began_step(*self.counts())


class SDProjected(System):
    """Algorithm 1 on the features of a frozen network."""

    pixels = BEGAN_PIXELS

    def __init__(self, experiment: Experiment):
        e = experiment
        self.new_optimizer = losses.GAN_LOSSES[e.loss].optimizer
        self.augmentation = augmentation.AUGMENTATIONS[e.augment]
        self.features = build_features(e.features, e.image_size, e.precision)
        super().__init__(
            e,
            ProjectedGenerator(e.image_size, e.dim, dtype=e.precision),
            ProjectedDiscriminator(
                self.features.side, e.dim, e.k, seed=e.seed, dtype=e.precision
            ),
        )

    def build(self, discriminator, tuples) -> None:
        maps = self.features(tuples.reshape(-1, *tuples.shape[2:]))
        discriminator(discriminator.mixing(maps))

    def finish(self, generator: keras.Model) -> None:
        if self.experiment.average_decay:
            z = self.codes(
                jax.random.key(self.experiment.seed), STATISTICS_CODES
            )
            measure_statistics(generator, z[:, 0], STATISTICS_BATCH)

    def draw(self, key, n: int) -> dict:
        """The random numbers of one step."""
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
        """Tuples to the mixed features of their images."""
        maps = self.features(tuples.reshape(-1, *tuples.shape[2:]))
        return self.d.network.mixing(maps)

    def step(self, state: dict, real, drawn: dict) -> tuple:
        """The state after an update of D and one of G, and their losses."""
        e, g, d = self.experiment, state["generator"], state["discriminator"]
        augment = self.augmentation or (lambda tuples, numbers: tuples)
        numbers = drawn["augmentation"]
        if e.mirror:
            real = augmentation.mirrored(real, drawn["mirror"])
        real_maps = self.see(augment(real, numbers[0]))

        def seen(trainable):
            fake, fixed = self.generate(trainable, g, drawn["g_codes"])
            return self.see(augment(fake, numbers[1])), fixed

        fake_maps, back, g_fixed = jax.vjp(seen, g["trainable"], has_aux=True)
        both = [
            jnp.concatenate(maps)
            for maps in zip(real_maps, fake_maps, strict=True)
        ]
        apart = different_neighbours(drawn["row"])
        weights = e.single_weight, e.tuple_weight

        def d_loss(trainable):
            judged, fixed = self.d.call(
                trainable,
                d,
                both,
                num_batches=2,
                mismatch=bool(e.mismatched_weight),
            )
            loss, _ = losses.projected_discriminator_loss(
                judged, apart, *weights, e.mismatched_weight
            )
            return loss, fixed

        (of_d, d_fixed), gradients = jax.value_and_grad(d_loss, has_aux=True)(
            d["trainable"]
        )
        d = self.d.moved(d, gradients, d_fixed)

        def g_loss(maps):
            judged, _ = self.d.call(d["trainable"], d, maps)
            return losses.projected_generator_loss(judged, *weights)

        of_g, of_maps = jax.value_and_grad(g_loss)(fake_maps)
        (gradients,) = back(of_maps)
        g = self.g.moved(g, gradients, g_fixed)
        state = self.averaged({**state, "generator": g, "discriminator": d})
        return state, {"loss/discriminator": of_d, "loss/generator": of_g}

    def step_flops(self) -> int:
        e = self.experiment
        size = e.image_size
        images = np.zeros([e.k, size, size, 3], "float32")
        maps = self.features(images)
        d = self.d.network
        return flops.sd_projected_step(
            flops.forward(self.g.network, np.zeros([e.k, self.d_z], "float32")),
            flops.forward(self.features, images)[0],
            flops.forward(d.mixing, maps)[0],
            flops.forward(d, d.mixing(maps))[0],
        )


SYSTEMS = {
    "sd_dcgan": SDGAN,
    "sd_began": SDBEGAN,
    "sd_projected": SDProjected,
}

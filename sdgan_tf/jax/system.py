"""Systems as pure functions of their state."""

import abc
from collections.abc import Callable

import jax
import jax.numpy as jnp
import keras
import numpy as np

from sdgan_tf import objectives
from sdgan_tf.algorithms import flops
from sdgan_tf.config import Experiment
from sdgan_tf.jax.stateless import StatelessNetwork
from sdgan_tf.pixels import PixelMapping


class System(abc.ABC):
    """Two networks, the state of their training, and the step that moves it.

    A subclass is the algorithm of its name in `sdgan_tf.algorithms`; a test
    compares the steps of both.

    Args:
        experiment: What is trained.
        generator: Codes `[n, d_z]` to images.
        discriminator: It scores tuples.

    Attributes:
        pixels: The generator's pixel mapping.
        new_optimizer: Makes an optimizer; each network gets its own.
    """

    pixels: PixelMapping
    new_optimizer: Callable[[], keras.optimizers.Optimizer]

    def __init__(self, experiment: Experiment, generator, discriminator):
        objectives.check_average(experiment)
        self.experiment = experiment
        self.d_z = experiment.d_i + experiment.d_o
        size = experiment.image_size
        generator(np.zeros([1, self.d_z], "float32"))
        self.build(
            discriminator, np.zeros([1, experiment.k, size, size, 3], "float32")
        )
        self.g = StatelessNetwork(generator, self.new_optimizer())
        self.d = StatelessNetwork(discriminator, self.new_optimizer())

    @abc.abstractmethod
    def sample_numbers(self, key, n: int) -> dict:
        """Samples the random numbers of one step on `n` tuples."""

    @abc.abstractmethod
    def step(self, state: dict, real, sampled: dict) -> tuple:
        """Trains once.

        Args:
            state: As `state` makes it.
            real: Photographs' tuples `[n, k, h, w, c]` in `pixels`' range.
            sampled: What `sample_numbers` returns, and `row`: the identity of
                each tuple, integers `[n]`.

        Returns:
            The next state, and scalars by name.
        """

    def build(self, discriminator, tuples) -> None:
        """Gives a new discriminator its weights."""
        discriminator(tuples)

    def finish(self, generator: keras.Model) -> None:
        """Prepares a generator that was given trained weights for use."""
        return

    def generator(self, state: dict) -> keras.Model:
        """Gives the generator the weights of a state, averaged if they are."""
        network, weights = self.g.network, state["generator"]
        trainable = state.get("average", weights["trainable"])
        for variables, values in (
            (network.trainable_variables, trainable),
            (network.non_trainable_variables, weights["fixed"]),
        ):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        self.finish(network)
        return network

    def state(self) -> dict:
        g = self.g.state()
        state: dict = {"generator": g, "discriminator": self.d.state()}
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
        decay = objectives.average_decay(
            self.experiment.average_decay, generator["optimizer"][0]
        )
        average = [
            objectives.averaged(old, new, decay)
            for old, new in zip(
                state["average"], generator["trainable"], strict=True
            )
        ]
        return {**state, "average": average}

    @abc.abstractmethod
    def step_flops(self) -> int:
        """Floating point operations of one step, for one tuple."""

    def generated_flops(self) -> tuple[int, int]:
        """Counts the operations that generate a tuple."""
        return flops.generated_tuple(
            self.g.network, self.experiment.k, self.d_z
        )

    def discriminated_flops(self) -> tuple[int, int]:
        """Counts the operations that discriminate a tuple."""
        e = self.experiment
        return flops.discriminated_tuple(self.d.network, e.k, e.image_size)

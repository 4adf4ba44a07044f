"""The base of the training algorithms: networks, optimizers, one update."""

import abc
import math
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from sdgan_tf import augmentation, objectives
from sdgan_tf.algorithms.served_functions import Signature
from sdgan_tf.config import Experiment
from sdgan_tf.latents import Keys, LatentSpace, Stream, uniform
from sdgan_tf.pixels import PixelMapping

AVERAGE = "generator_average"  # The average's name in a checkpoint.


def variables(network: keras.Model) -> list[tf.Variable]:
    """A network's variables, trained or not, in a fixed order."""
    return [weight.value for weight in network.weights]


def count_parameters(network: keras.Model) -> int:
    """Trainable parameters."""
    return sum(math.prod(v.shape) for v in network.trainable_variables)


def several_replicas() -> bool:
    """Whether batch norms are to take their statistics over all replicas.

    Asked for only where it can differ: it costs a reduction.
    """
    return tf.distribute.get_strategy().num_replicas_in_sync > 1


class Algorithm(abc.ABC):
    """Networks, their optimizers, and the step that trains them.

    A subclass adds its networks and optimizers in `__init__`, under the
    strategy's scope, and writes `step` as the paper's pseudocode.

    Args:
        experiment: What is trained.

    Attributes:
        latents: Where the codes come from.
        photographs: Of the first `photographs_wanted` identities one each,
            uint8 `[n, h, w, 3]`; whoever trains sets it.
        pixels: The generator's pixel mapping.
        augmentation: What D's tuples go through, if anything.
        networks: Keras models by name; "generator" is among them.
        optimizers: One optimizer for each network, by the same names.
        average: The generator with the moving average of its weights, which
            is then what generates samples; None without `ema_decay`.
        scalars: Names of what `step` returns.
        batches_per_step: Data batches that one `step` takes.
        precision_tolerance: Fraction of a loss by which its first values in
            bfloat16 may differ from those in float32.
    """

    pixels: PixelMapping
    scalars: tuple[str, ...]
    batches_per_step: int = 1
    precision_tolerance: float = 0.05
    photographs_wanted: int = 0
    photographs: np.ndarray | None = None

    def __init__(self, experiment: Experiment):
        self.experiment = experiment
        generator = self.new_generator(experiment)
        self.latents = self.latent_space(experiment, generator)
        self.networks: dict[str, keras.Model] = {"generator": generator}
        self.optimizers: dict[str, keras.optimizers.Optimizer] = {}
        objectives.check_average(experiment)
        self.ema_decay = experiment.average_decay
        self.augmentation = augmentation.AUGMENTATIONS[experiment.augment]
        self.average: keras.Model | None = None
        if self.ema_decay:
            self.average = self.new_generator(experiment)
            self.restart_average()

    @staticmethod
    @abc.abstractmethod
    def build_generator(experiment: Experiment) -> keras.Model:
        """The generator alone, which is all that most modes need.

        It maps codes `[n, d_z]` to images `[n, h, w, 3]`.
        """

    @staticmethod
    def latent_space(
        experiment: Experiment, generator: keras.Model
    ) -> LatentSpace:
        """The latent space of a generator."""
        del generator
        return LatentSpace(experiment.d_i, experiment.d_o)

    @classmethod
    def new_generator(cls, experiment: Experiment) -> keras.Model:
        """The generator with all of its weights."""
        generator = cls.build_generator(experiment)
        d_z = cls.latent_space(experiment, generator).d_z
        generator(tf.zeros([1, d_z]))
        return generator

    def build_optimizers(
        self, make: Callable[[], keras.optimizers.Optimizer]
    ) -> None:
        """Gives each network an optimizer of its own."""
        for name, network in self.networks.items():
            self.optimizers[name] = make()
            self.optimizers[name].build(network.trainable_variables)

    @abc.abstractmethod
    def step(self, batches, keys: Keys) -> dict[str, tf.Tensor]:
        """Trains once on this replica's part of the global batches.

        Args:
            batches: `batches_per_step` dicts with `images`, uint8
                `[b / replicas, k, h, w, c]`, and `row`, int64
                `[b / replicas]`, the number of each tuple's identity.
            keys: Random keys of this step, equal on all replicas.

        Returns:
            The `scalars` by name, means over this replica's tuples.
        """

    @abc.abstractmethod
    def step_flops(self, batch_size: int) -> int:
        """Floating point operations of one step on `batch_size` tuples."""

    @property
    def generator(self) -> keras.Model:
        return self.networks["generator"]

    @property
    def sampler(self) -> keras.Model:
        """The generator that samples are from."""
        return self.generator if self.average is None else self.average

    @property
    def sampled(self) -> LatentSpace:
        """The latent space of the `sampler`."""
        return self.latent_space(self.experiment, self.sampler)

    def refresh(self) -> None:
        """Brings up to date what samples need beside trained weights.

        Called outside of the replicas, before samples and checkpoints.
        """
        return

    def restart_average(self) -> None:
        """Makes the average, if there is one, the generator as it is."""
        if self.average is not None:
            self.average.set_weights(self.generator.get_weights())

    def _move_average(self) -> None:
        """One step of the average; moving statistics are taken as they are."""
        if self.average is None:
            return
        decay = objectives.average_decay(
            self.ema_decay, self.optimizers["generator"].iterations.value
        )
        for average, weight in zip(
            self.average.weights, self.generator.weights, strict=True
        ):
            value = weight.value
            if weight.trainable:
                value = objectives.averaged(average.value, value, decay)
            average.assign(value)

    def checkpointed(self) -> dict[str, list[tf.Variable]]:
        """All variables that a checkpoint holds, in a fixed order, by owner.

        They are listed one by one: TensorFlow does not follow a Keras model's
        lists of layers, so that a checkpoint of the model itself would miss
        some, the moving statistics among them, without a word.
        """
        averages = {} if self.average is None else {AVERAGE: self.average}
        return {
            **{
                name: variables(network)
                for name, network in {**self.networks, **averages}.items()
            },
            **{
                f"{name}_optimizer": [v.value for v in optimizer.variables]
                for name, optimizer in self.optimizers.items()
            },
        }

    def generate(self, z, training: bool = True) -> tf.Tensor:
        """Codes `[n, k, d_z]` to tuples `[n, k, h, w, c]`.

        All n * k images are one batch for the generator's batch norm.
        """
        _, k, d_z = z.shape
        images = self.generator(tf.reshape(z, [-1, d_z]), training=training)
        return tf.reshape(images, [-1, k, *images.shape[1:]])

    @staticmethod
    def replica_rows(n: int, sample: Callable[[int], tf.Tensor]) -> tf.Tensor:
        """This replica's `n` rows of numbers that are equal on all replicas.

        Args:
            n: Rows of a replica.
            sample: Returns so many rows, those of the global batch.
        """
        replica = tf.distribute.get_replica_context()
        start = replica.replica_id_in_sync_group * n
        return sample(n * replica.num_replicas_in_sync)[start : start + n]

    def replica_uniform(self, key, n: int, *shape: int) -> tf.Tensor:
        """This replica's `[n, *shape]` of uniform numbers on [0, 1)."""
        return self.replica_rows(
            n, lambda total: uniform(key, [total, *shape], low=0.0)
        )

    def tuples(self, key, n: int, k: int) -> tf.Tensor:
        """Codes of this replica's `n` tuples of the global batch."""
        return self.replica_rows(
            n, lambda total: self.latents.tuples(key, total, k)
        )

    def augment(self, tuples, keys: Keys, use: int) -> tf.Tensor:
        """Tuples as D sees them; each `use` within a step samples anew."""
        if self.augmentation is None:
            return tuples
        key = keys.key(Stream.AUGMENTATION, use)
        n, k = tuples.shape[:2]
        return self.augmentation(
            tuples, self.replica_uniform(key, n, k, augmentation.NUMBERS)
        )

    def update(self, name: str, loss, tape: tf.GradientTape) -> None:
        """Moves one network by the gradient of its loss."""
        weights = self.networks[name].trainable_variables
        gradients = tape.gradient(loss, weights)
        # An embedding's gradient names the rows that it is of.
        self.apply(
            name,
            [g if g is None else tf.convert_to_tensor(g) for g in gradients],
        )

    def apply(self, name: str, gradients) -> None:
        """Moves one network by gradients of means over this replica's tuples.

        Raises:
            ValueError: If a weight has no gradient.
        """
        weights = self.networks[name].trainable_variables
        missing = [
            v.path for v, g in zip(weights, gradients, strict=True) if g is None
        ]
        if missing:
            raise ValueError(
                f"The loss of `{name}` reaches none of these weights: {missing}"
            )
        # The optimizer sums the gradients over the replicas: so this is the
        # place, and the only one, that divides by their number.
        replicas = tf.distribute.get_replica_context().num_replicas_in_sync
        if replicas > 1:
            gradients = [gradient / replicas for gradient in gradients]
        self.optimizers[name].apply(gradients, weights)
        if name == "generator" and self.average is not None:
            self._move_average()

    def views(self, real, fake) -> dict[str, tf.Tensor]:
        """Further pictures of a run, generated with its samples.

        Args:
            real: Image tuples `[n, k, h, w, c]` in the generator's range.
            fake: Generated ones, same shape.

        Returns:
            Tuples `[n, k, h, w, c]` by name; by default none.
        """
        del real, fake
        return {}

    @staticmethod
    def generator_signatures(
        generator: keras.Model, latents: LatentSpace
    ) -> dict[str, Signature]:
        """Functions of a trained generator beside pictures of its codes.

        By default none.
        """
        del generator, latents
        return {}

    def signatures(self) -> dict[str, Signature]:
        """Functions of the networks beside the generator; by default none."""
        return {}

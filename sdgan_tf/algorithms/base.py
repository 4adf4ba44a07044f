"""What every training algorithm has: networks, optimizers, one update."""

import abc

import keras
import tensorflow as tf

from sdgan_tf.images import PixelMapping
from sdgan_tf.latents import Keys, LatentSpace


def variables(network: keras.Model) -> list[tf.Variable]:
    """A network's variables, trained or not, in a fixed order."""
    return [weight.value for weight in network.weights]


class Algorithm(abc.ABC):
    """Networks, their optimizers, and the step that trains them.

    A subclass builds its networks and optimizers in `__init__`, under the
    strategy's scope, and writes `step` as the paper's pseudocode.

    Attributes:
        latents: The prior of the codes.
        pixels: The generator's pixel mapping.
        networks: Keras models by name; "generator" is among them.
        optimizers: One optimizer for each network, by the same names.
        scalars: Names of what `step` returns.
        batches_per_step: Data batches that one `step` takes.
    """

    latents: LatentSpace
    pixels: PixelMapping
    networks: dict[str, keras.Model]
    optimizers: dict[str, keras.optimizers.Optimizer]
    scalars: tuple[str, ...]
    batches_per_step: int = 1

    @abc.abstractmethod
    def step(self, batches, keys: Keys) -> dict[str, tf.Tensor]:
        """Trains once on this replica's share of the global batches.

        Args:
            batches: `batches_per_step` dicts with `images`, uint8
                `[b / replicas, k, h, w, c]`.
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

    def checkpointed(self) -> dict[str, list[tf.Variable]]:
        """All variables that a checkpoint holds, in a fixed order, by owner.

        They are listed one by one: TensorFlow does not follow a Keras model's
        lists of layers, so that a checkpoint of the model itself would miss
        some, the moving statistics among them, without a word.
        """
        return {
            **{n: variables(net) for n, net in self.networks.items()},
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
    def share(draw, n: int) -> tf.Tensor:
        """This replica's `n` rows of a draw that is equal on all replicas."""
        replica = tf.distribute.get_replica_context()
        start = replica.replica_id_in_sync_group * n
        return draw[start : start + n]

    def tuples(self, key, n: int, k: int) -> tf.Tensor:
        """Codes of this replica's `n` tuples of the global batch."""
        replicas = tf.distribute.get_replica_context().num_replicas_in_sync
        return self.share(self.latents.tuples(key, n * replicas, k), n)

    def update(self, name: str, loss, tape: tf.GradientTape) -> None:
        """Moves one network by the gradient of its loss."""
        network = self.networks[name]
        weights = network.trainable_variables
        # `loss` is a mean over this replica's tuples and `apply` sums the
        # gradients over the replicas: so this is the place, and the only one,
        # that divides by their number.
        replicas = tf.distribute.get_replica_context().num_replicas_in_sync
        with tape:
            loss = loss / replicas
        gradients = tape.gradient(loss, weights)
        missing = [
            v.path for v, g in zip(weights, gradients, strict=True) if g is None
        ]
        if missing:
            raise ValueError(
                f"The loss of `{name}` reaches none of these weights: {missing}"
            )
        self.optimizers[name].apply(gradients, weights)

"""Steps of an algorithm on all replicas."""

import tensorflow as tf

from sdgan_tf.algorithms.base import Algorithm
from sdgan_tf.latents import Keys
from sdgan_tf.training.data import DevicePhotographs
from sdgan_tf.training.summaries import WAITED


def compile_steps(
    strategy,
    algorithm: Algorithm,
    seed: int,
    step: tf.Variable,
    jit_compile: bool = False,
    photographs: DevicePhotographs | None = None,
):
    """Makes `train_steps(iterator, n)`: n steps in one compiled call.

    It returns the means over the steps of the algorithm's scalars.

    Args:
        strategy: Over which replicas.
        algorithm: What is trained.
        seed: Of the random keys.
        step: Steps done; it is moved.
        jit_compile: Whether XLA compiles a step.
        photographs: Where the images of batches are looked up that have
            positions instead.

    Raises:
        ValueError: If XLA is asked for with several replicas.
    """
    if jit_compile and strategy.num_replicas_in_sync > 1:
        raise ValueError(
            "`jit_compile` is for one replica. Received: "
            f"replicas={strategy.num_replicas_in_sync}"
        )

    def replica_step(batches, step):
        if photographs:
            batches = tuple(map(photographs.look_up, batches))
        return algorithm.step(batches, Keys(seed, step))

    if jit_compile:
        replica_step = tf.function(replica_step, jit_compile=True)

    def one_step(iterator):
        started = tf.timestamp()
        batches = tuple(
            next(iterator) for _ in range(algorithm.batches_per_step)
        )
        waited = tf.timestamp() - started
        values = strategy.run(replica_step, args=(batches, step.value()))
        step.assign_add(1)
        return {
            WAITED: tf.cast(waited, tf.float32),
            **{
                name: strategy.reduce(
                    tf.distribute.ReduceOp.MEAN, value, axis=None
                )
                for name, value in values.items()
            },
        }

    @tf.function
    def train_steps(iterator, n):
        names = (WAITED, *algorithm.scalars)
        totals = dict.fromkeys(names, tf.constant(0.0))
        for _ in tf.range(n):
            values = one_step(iterator)
            totals = {name: totals[name] + values[name] for name in names}
        return {
            name: total / tf.cast(n, tf.float32)
            for name, total in totals.items()
        }

    return train_steps

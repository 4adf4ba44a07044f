"""Steps of an algorithm on all replicas, and their data."""

import tensorflow as tf

from data_pipeline.pairs import IdentityTuples
from sdgan_tf.algorithms.base import Algorithm
from sdgan_tf.latents import Keys
from sdgan_tf.training.device_data import DevicePhotographs
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


def distribute(
    strategy, tuples: IdentityTuples, batch_size: int, **options
) -> tf.distribute.DistributedDataset:
    """Tuples as per-replica shares of the same global batches."""
    replicas = strategy.num_replicas_in_sync

    def shares(context: tf.distribute.InputContext) -> tf.data.Dataset:
        each = replicas // context.num_input_pipelines
        first = context.input_pipeline_id * each
        batches = tuples.batches(
            batch_size,
            num_shares=replicas,
            shares=tuple(range(first, first + each)),
            **options,
        )
        # Several workers would otherwise prepare for an end of the data, and
        # lose the static shape of the batches.
        return batches.apply(
            tf.data.experimental.assert_cardinality(
                tf.data.INFINITE_CARDINALITY
            )
        )

    return strategy.distribute_datasets_from_function(shares)

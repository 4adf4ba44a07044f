"""Steps of an algorithm on all replicas."""

import tensorflow as tf

from data_pipeline.tuples.source import TupleSource
from sdgan_tf.algorithms.base import Algorithm
from sdgan_tf.latents import Keys
from sdgan_tf.training.input_pipeline import DevicePhotographs, distribute
from sdgan_tf.training.summaries import WAITED
from sdgan_tf.training.training_state import TrainingState


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

    # Converting what it calls takes half a second of every start, and a step
    # has no branches or loops of TensorFlow's.
    @tf.autograph.experimental.do_not_convert
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


class Steps:
    """The steps of a training, from the one where its state stands.

    Called with a number it takes so many and returns the means of their
    scalars.

    Args:
        strategy: Over which replicas.
        algorithm: What is trained.
        tuples: What it is trained on.
        state: Its step is moved.
        batch_size: Tuples in a global batch.
        seed: Of the random keys.
        cache_bytes: Decoded data up to this size is held in memory.
        device_bytes: Decoded data up to this size is held on each device
            instead.
        jit_compile: Whether XLA compiles a step.
    """

    def __init__(
        self,
        strategy: tf.distribute.Strategy,
        algorithm: Algorithm,
        tuples: TupleSource,
        state: TrainingState,
        batch_size: int,
        seed: int,
        cache_bytes: float = 8e9,
        device_bytes: float = 0.0,
        jit_compile: bool = False,
    ):
        photographs = None
        if tuples.decoded_bytes <= device_bytes:
            photographs = DevicePhotographs(strategy, tuples.held_images())
        self._take = compile_steps(
            strategy, algorithm, seed, state.step, jit_compile, photographs
        )
        self._batches = iter(
            distribute(
                strategy,
                tuples,
                batch_size,
                start_batch=state.steps_done * algorithm.batches_per_step,
                cache_bytes=cache_bytes,
                look_up=photographs is None,
            )
        )

    def __call__(self, n: int) -> dict[str, float]:
        values = self._take(self._batches, tf.constant(n))
        return {name: float(value) for name, value in values.items()}
